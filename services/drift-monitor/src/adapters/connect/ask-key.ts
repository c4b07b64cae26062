import { MethodOptions_IdempotencyLevel as Level } from '@bufbuild/protobuf/wkt';
import type { Interceptor } from '@connectrpc/connect';
import { Problem } from '@vinaigrette/problems';
import { operatorKey } from '../operator-key.js';

/**
 * Asks whoever changes something over gRPC or Connect for the operators' key. What the contract declares to have no side
 * effects stays open. Throws KEY_REFUSED.
 */
export function askKey(key: string): Interceptor {
  const shows = operatorKey(key);
  return (next) => (request) => {
    const changes = request.method.idempotency !== Level.NO_SIDE_EFFECTS;
    if (changes && !shows(request.header.get('authorization'))) {
      throw new Problem('KEY_REFUSED', `${request.method.name} needs the operators' key`);
    }
    return next(request);
  };
}

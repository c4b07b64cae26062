import type { Interceptor } from '@connectrpc/connect';

/** Sends the key with every call; without one it sends nothing. */
export function showKey(key: string | undefined): Interceptor {
  return (next) => (request) => {
    if (key !== undefined) request.header.set('authorization', `Bearer ${key}`);
    return next(request);
  };
}

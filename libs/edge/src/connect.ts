export { GrpcServer } from './grpc-server.js';
export { grpcTransport, type Caller } from './grpc-transport.js';
export { showKey } from './show-key.js';
import { Code, ConnectError, type Interceptor } from '@connectrpc/connect';
import { grpcStatusOf, problemOf } from '@vinaigrette/problems';
import type { Logger } from './logger.js';

/** A failure as Connect and gRPC tell it: `[CODE] message. Remedy: ...`, with code, remedy and field as metadata. */
export function connectErrorOf(error: unknown): ConnectError {
  if (error instanceof ConnectError) return error;
  const problem = problemOf(error);
  const metadata: Record<string, string> = { 'problem-code': problem.code };
  if (problem.field !== undefined) metadata['problem-field'] = encodeURIComponent(problem.field);
  const text = `[${problem.code}] ${problem.message}. Remedy: ${problem.remedy}`;
  return new ConnectError(text, grpcStatusOf(problem.kind) as Code, metadata, undefined, problem.cause);
}

/** Turns what a handler throws, also in the middle of a stream, into `connectErrorOf` it. */
export function problemInterceptor(logger: Logger): Interceptor {
  const tell = (error: unknown): ConnectError => {
    const told = connectErrorOf(error);
    if (told.code === Code.Internal) logger.error({ err: error }, 'call failed');
    return told;
  };
  return (next) => async (request) => {
    try {
      const response = await next(request);
      return response.stream ? { ...response, message: told(response.message, tell) } : response;
    } catch (error) {
      throw tell(error);
    }
  };
}

async function* told<T>(messages: AsyncIterable<T>, tell: (error: unknown) => ConnectError): AsyncIterable<T> {
  try {
    yield* messages;
  } catch (error) {
    throw tell(error);
  }
}

import { Code, ConnectError, type Interceptor } from '@connectrpc/connect';
import type { Metrics } from '../../metrics.js';

/** Counts and times every call until the last message of its answer. */
export function measureCalls(metrics: Metrics): Interceptor {
  return (next) => async (request) => {
    const method = request.method.name;
    const stop = metrics.callSeconds.startTimer({ method });
    metrics.openCalls.inc({ method });
    const end = (error?: unknown): void => {
      stop();
      metrics.openCalls.dec({ method });
      metrics.calls.inc({ method, code: error === undefined ? 'ok' : Code[ConnectError.from(error).code] });
    };
    try {
      const response = await next(request);
      if (response.stream) return { ...response, message: untilTheLast(response.message, end) };
      end();
      return response;
    } catch (error) {
      end(error);
      throw error;
    }
  };
}

/** Calls `end` once: after the last message, with the error that ended the stream, or when nobody reads on. */
async function* untilTheLast<T>(messages: AsyncIterable<T>, end: (error?: unknown) => void): AsyncIterable<T> {
  let failure: unknown;
  try {
    yield* messages;
  } catch (error) {
    failure = error;
    throw error;
  } finally {
    end(failure);
  }
}

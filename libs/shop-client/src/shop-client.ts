import type {
  BatchAnswer,
  CustomerQuery,
  Feedback,
  FeedbackTaken,
  Prediction,
  PredictionRequest,
  Recommendation,
  RecommendationRequest,
} from './contract.js';
import { pauseBefore, retryAfterMsOf } from './retries.js';
import { ShopProblem } from './shop-problem.js';

export interface ShopClientOptions {
  /** Of the gateway, e.g. https://shop.example/api. */
  url: string;
  /** vin_...; absent: the gateway asks for none. */
  key?: string | undefined;
  /** For one attempt, in milliseconds; 2,000 when absent. */
  timeoutMs?: number | undefined;
  /** Attempts after the first, where one is safe; 1 when absent. */
  retries?: number | undefined;
  /** Longest pause before another attempt, in milliseconds; 5,000 when absent. Told to wait longer, it fails at once. */
  pauseMsMax?: number | undefined;
}

export interface CallOptions {
  /** Ends the call; it then rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}

export interface RecommendOptions extends CallOptions {
  /** The document that is followed; absent: recommendations. */
  useCase?: string | undefined;
}

interface Call extends CallOptions {
  /** Absent: nothing is sent, so it is a GET. */
  body?: object;
  idempotencyKey?: string;
}

/**
 * A gateway's answers, from a browser or a server: needs `fetch` and nothing else. Every method rejects with a
 * ShopProblem for what the gateway refuses, a TimeoutError when it takes too long, a TypeError when it is not reached.
 */
export class ShopClient {
  private readonly options: Required<Omit<ShopClientOptions, 'key'>> & Pick<ShopClientOptions, 'key'>;

  constructor({ url, key, timeoutMs = 2_000, retries = 1, pauseMsMax = 5_000 }: ShopClientOptions) {
    this.options = { url: url.replace(/\/+$/, ''), key, timeoutMs, retries, pauseMsMax };
  }

  /** What else might a customer with this basket want? */
  recommend(request: RecommendationRequest, { useCase, signal }: RecommendOptions = {}): Promise<Recommendation> {
    return this.call(recommendationsBy(useCase), { body: request, signal });
  }

  /** The same of up to 100 requests; an answer or a problem each, in their order. */
  recommendEach(
    requests: RecommendationRequest[],
    { useCase, signal }: RecommendOptions = {},
  ): Promise<BatchAnswer<Recommendation>[]> {
    return this.each(`${recommendationsBy(useCase)}/batch`, requests, { signal });
  }

  /** What has a batch answered for this customer, by the rules of now? Asked again where nothing came. */
  recommendFor(customer: string, query: CustomerQuery = {}, options?: CallOptions): Promise<Recommendation> {
    const said = Object.entries(query).filter(([, value]) => value !== undefined);
    const search = new URLSearchParams(said.map(([name, value]) => [name, String(value)])).toString();
    return this.call(`/v1/customers/${encodeURIComponent(customer)}/recommendations${search && `?${search}`}`, {
      ...options,
    });
  }

  /** What does the model of this use case say of these inputs? */
  predict(useCase: string, request: PredictionRequest, options?: CallOptions): Promise<Prediction> {
    return this.call(`/v1/predictions/${encodeURIComponent(useCase)}`, { body: request, ...options });
  }

  /** The same of up to 100 requests; an answer or a problem each, in their order. */
  predictEach(
    useCase: string,
    requests: PredictionRequest[],
    options?: CallOptions,
  ): Promise<BatchAnswer<Prediction>[]> {
    return this.each(`/v1/predictions/${encodeURIComponent(useCase)}/batch`, requests, options);
  }

  /**
   * Tells what became of a prediction. Safe to send again: every attempt carries the same key. With a key of the
   * shop's own, e.g. an order's number, it is taken once however often it is told.
   */
  feedback(outcome: Feedback, options?: CallOptions & { idempotencyKey?: string }): Promise<FeedbackTaken> {
    return this.call('/v1/feedback', { body: outcome, idempotencyKey: randomKey(), ...options });
  }

  private async each<Answer>(path: string, requests: object[], options?: CallOptions): Promise<BatchAnswer<Answer>[]> {
    const { answers } = await this.call<{ answers: BatchAnswer<Answer>[] }>(path, { body: { requests }, ...options });
    return answers;
  }

  private async call<Answer>(path: string, call: Call): Promise<Answer> {
    const { retries, pauseMsMax } = this.options;
    const repeatable = call.body === undefined || call.idempotencyKey !== undefined;
    for (let attempts = 1; ; attempts++) {
      try {
        return await this.attempt<Answer>(path, call);
      } catch (failure) {
        call.signal?.throwIfAborted();
        const chance = Math.random();
        const pauseMs = pauseBefore(failure, { repeatable, attempts, pauseMsMax, chance });
        if (pauseMs === undefined || attempts > retries) throw failure;
        await pause(pauseMs, call.signal);
      }
    }
  }

  private async attempt<Answer>(path: string, { body, signal, idempotencyKey }: Call): Promise<Answer> {
    const { url, key, timeoutMs } = this.options;
    const timeout = AbortSignal.timeout(timeoutMs);
    const response = await fetch(`${url}${path}`, {
      method: body ? 'POST' : 'GET',
      headers: {
        ...(body && { 'content-type': 'application/json' }),
        ...(key && { authorization: `Bearer ${key}` }),
        ...(idempotencyKey && { 'idempotency-key': idempotencyKey }),
      },
      ...(body && { body: JSON.stringify(body) }),
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    });
    const answer = parsed(await response.text());
    if (response.ok && answer !== undefined) return answer as Answer;
    throw ShopProblem.of(response.status, answer, retryAfterMsOf(response.headers.get('retry-after'), Date.now()));
  }
}

const recommendationsBy = (useCase: string | undefined): string =>
  useCase === undefined ? '/v1/recommendations' : `/v1/recommendations/${encodeURIComponent(useCase)}`;

/** undefined: it is no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', aborted);
      resolve();
    }, ms);
    const aborted = () => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    signal?.addEventListener('abort', aborted, { once: true });
  });
}

/** 128 bits of chance. Not randomUUID(), which a browser has on https pages only. */
function randomKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

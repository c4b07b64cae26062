export interface ShopClientOptions {
  /** Of the gateway, e.g. https://shop.example/api. */
  url: string;
  /** vin_...; absent: the gateway asks for none. */
  key?: string;
  /** For one attempt, in milliseconds. */
  timeoutMs?: number;
  /** Attempts after the first, where the gateway says "not now" or cannot be reached. */
  retries?: number;
}

/** What the gateway answers in place of what was asked: its code, and what to do about it. */
export class ShopProblem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly remedy: string,
  ) {
    super(message);
    this.name = 'ShopProblem';
  }
}

/** A gateway's answers, from a browser or a server: needs `fetch` and nothing else. */
export class ShopClient {
  constructor(private readonly options: ShopClientOptions) {}

  recommend(request: { basket: string[]; [field: string]: unknown }, signal?: AbortSignal): Promise<unknown> {
    return this.post('/v1/recommendations', request, signal);
  }

  predict(useCase: string, request: { inputs: Record<string, unknown> }, signal?: AbortSignal): Promise<unknown> {
    return this.post(`/v1/predictions/${encodeURIComponent(useCase)}`, request, signal);
  }

  /** Safe to send again: every attempt carries the same idempotency key. */
  feedback(outcome: { predictionId: string; kind: string; [field: string]: unknown }, signal?: AbortSignal) {
    return this.post('/v1/feedback', outcome, signal, { 'idempotency-key': crypto.randomUUID() });
  }

  private async post(path: string, body: object, signal?: AbortSignal, more: object = {}): Promise<unknown> {
    const { url, key, timeoutMs = 2_000, retries = 1 } = this.options;
    const headers = { 'content-type': 'application/json', ...(key && { authorization: `Bearer ${key}` }), ...more };
    for (let attempt = 0; ; attempt++) {
      const timeout = AbortSignal.timeout(timeoutMs);
      const either = signal ? AbortSignal.any([signal, timeout]) : timeout;
      try {
        const init = { method: 'POST', headers, body: JSON.stringify(body), signal: either };
        const response = await fetch(`${url}${path}`, init);
        const answer = (await response.json()) as { code: string; detail: string; remedy: string };
        if (response.ok) return answer;
        throw new ShopProblem(response.status, answer.code, answer.detail, answer.remedy);
      } catch (error) {
        const isFinal = error instanceof ShopProblem && ![429, 503].includes(error.status);
        if (isFinal || signal?.aborted || attempt >= retries) throw error;
      }
    }
  }
}

import type { ProblemDetails } from './contract.js';

/** What came in place of what was asked: the gateway's code, and what to do about it. */
export class ShopProblem extends Error {
  override readonly name = 'ShopProblem';

  constructor(
    /** Of HTTP. */
    readonly status: number,
    /** One of docs/errors.md; NOT_THE_GATEWAY: the answer was none of a gateway's, perhaps a proxy's. */
    readonly code: string,
    message: string,
    readonly remedy: string,
    /** JSON path of what is wrong with the request; undefined: nothing in particular. */
    readonly field: string | undefined,
    /** When to ask again, in milliseconds from now; undefined: it was not said. */
    readonly retryAfterMs: number | undefined,
  ) {
    super(message);
  }

  static of(status: number, answer: unknown, retryAfterMs: number | undefined): ShopProblem {
    const { code, detail, remedy, field } = (answer ?? {}) as Partial<ProblemDetails>;
    if (typeof code === 'string') return new ShopProblem(status, code, detail ?? '', remedy ?? '', field, retryAfterMs);
    const remedyOfStranger = 'Check the URL, and what stands between this client and the gateway';
    const message = `The answer, with status ${status}, is none of a gateway`;
    return new ShopProblem(status, 'NOT_THE_GATEWAY', message, remedyOfStranger, undefined, retryAfterMs);
  }
}

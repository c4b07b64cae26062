import { problems, type ProblemCode } from './codes.js';
import { httpStatusOf, type ProblemKind } from './kinds.js';

/** A failure with a code and a remedy. Only adapters turn it into HTTP or gRPC. */
export class Problem extends Error {
  /** Where the fault is: a JSON path such as `basket[3]`, or a tensor's name; absent when it is nowhere in particular. */
  readonly field: string | undefined;
  /** When trying again may help, in milliseconds from now; absent: nobody knows. */
  readonly retryAfterMs: number | undefined;

  constructor(
    readonly code: ProblemCode,
    message: string,
    options?: ErrorOptions & { field?: string; retryAfterMs?: number },
  ) {
    super(message, options);
    this.name = 'Problem';
    this.field = options?.field || undefined; // an empty path is the whole input: nowhere in particular
    this.retryAfterMs = options?.retryAfterMs;
  }

  get kind(): ProblemKind {
    return problems[this.code].kind;
  }

  get remedy(): string {
    return problems[this.code].remedy;
  }

  /** The body of an `application/problem+json` answer (RFC 9457). */
  details(): ProblemDetails {
    return {
      type: `/docs/errors#${this.code.toLowerCase()}`,
      title: this.code,
      status: httpStatusOf(this.kind),
      detail: this.message,
      code: this.code,
      remedy: this.remedy,
      ...(this.field === undefined ? {} : { field: this.field }),
    };
  }
}

export interface ProblemDetails {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: ProblemCode;
  remedy: string;
  field?: string;
}

/** What a caller may be told of any failure: a Problem as it is, anything else as INTERNAL without its text. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  return new Problem('INTERNAL', 'The request failed for a reason of our own', { cause: error });
}

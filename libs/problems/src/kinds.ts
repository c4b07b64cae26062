/** What sort of failure a code is. Callers act on the kind; people act on the remedy. */
export type ProblemKind =
  | 'malformed' // not even readable
  | 'invalid' // readable, and can never succeed as it is
  | 'forbidden' // understood, and not for this caller
  | 'too-large' // a size or count over a stated limit
  | 'not-found'
  | 'not-allowed' // the place exists, and this cannot be done there
  | 'conflict' // the world moved on: read again, then decide
  | 'unsupported'
  | 'unavailable' // not now: try again
  | 'exhausted' // a queue or limit is full: try again later
  | 'timeout'
  | 'internal';

const statuses: Record<ProblemKind, { http: number; grpc: number }> = {
  malformed: { http: 400, grpc: 3 },
  invalid: { http: 422, grpc: 3 },
  forbidden: { http: 403, grpc: 7 },
  'too-large': { http: 413, grpc: 3 },
  'not-found': { http: 404, grpc: 5 },
  'not-allowed': { http: 405, grpc: 12 },
  conflict: { http: 409, grpc: 10 },
  unsupported: { http: 501, grpc: 12 },
  unavailable: { http: 503, grpc: 14 },
  exhausted: { http: 429, grpc: 8 },
  timeout: { http: 504, grpc: 4 },
  internal: { http: 500, grpc: 13 },
};

/** The HTTP status (RFC 9110) that tells a caller of this kind of failure. */
export const httpStatusOf = (kind: ProblemKind): number => statuses[kind].http;

/** The gRPC status code that tells a caller of this kind of failure; Connect uses the same numbers. */
export const grpcStatusOf = (kind: ProblemKind): number => statuses[kind].grpc;

/** What a server process says to the one that started it. */
export type FromProcess =
  | { kind: 'listening'; http: number; grpc: number }
  | { kind: 'ready'; ready: boolean }
  | { kind: 'metrics'; id: number };

/** What it is told. */
export type ToProcess =
  | { kind: 'ready'; othersReady: boolean }
  /** No text: they could not be gathered. */
  | { kind: 'metrics'; id: number; text?: string };

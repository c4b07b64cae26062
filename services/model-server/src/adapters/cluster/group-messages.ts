import type { StatisticsByVersion } from '../../model-statistics.js';

/** What a server process says to the one that started it. */
export type FromProcess =
  | { kind: 'listening'; http: number; grpc: number }
  | { kind: 'ready'; ready: boolean }
  | { kind: 'metrics'; id: number }
  | { kind: 'statistics'; id: number }
  /** What was asked of it. */
  | { kind: 'own-statistics'; id: number; statistics: StatisticsByVersion };

/** What it is told. */
export type ToProcess =
  | { kind: 'ready'; othersReady: boolean }
  /** No text: they could not be gathered. */
  | { kind: 'metrics'; id: number; text?: string }
  /** The sum it asked for; nothing: it could not be gathered. */
  | { kind: 'statistics'; id: number; statistics?: StatisticsByVersion }
  /** It is asked for its own. */
  | { kind: 'own-statistics'; id: number };

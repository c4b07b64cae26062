import type { StatisticsByVersion } from './model-statistics.js';

/** What one of several server processes on the same ports knows of the others. */
export abstract class ProcessGroup {
  /** Whether each of the others is ready too: whoever connects may be given to any of them. */
  abstract readonly othersReady: boolean;
  abstract tellReady(ready: boolean): void;
  abstract tellListening(ports: { http: number; grpc: number }): void;
  /** The metrics of all processes, added up, as Prometheus reads them. */
  abstract metrics(): Promise<string>;
  /** What the versions did in all processes together. */
  abstract statistics(): Promise<StatisticsByVersion>;
}

/** See kafka.mjs. */
export interface KafkaForTests {
  /** host:port, comma-separated. */
  brokers: string;
  engine: 'given' | 'docker' | 'podman' | 'java';
  /** Clean; the data stays in `dir` (not with a container engine). */
  stop(): Promise<void>;
  /** As `kill -9`; `startKafka` with the same `dir` goes on with the same data at the same address. */
  kill(): Promise<void>;
}

export function startKafka(options: { dir: string; port?: number; own?: boolean }): Promise<KafkaForTests>;
export function stopKafka(options: { dir: string }): Promise<void>;

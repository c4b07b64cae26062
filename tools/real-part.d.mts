/** See real-part.mjs. */
export function describeWith(
  part: 'PostgreSQL' | 'Kafka' | 'Chromium' | 'real data',
  variable: 'DATABASE_URL' | 'KAFKA_BROKERS' | 'CHROMIUM_PATH' | 'DATA_DIR',
  title: string,
  body: () => void,
): void;

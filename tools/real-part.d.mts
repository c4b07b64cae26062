/** See real-part.mjs. */
export function describeWith(
  part: 'PostgreSQL' | 'Kafka' | 'Chromium' | 'Alertmanager' | 'the Python clients' | 'real data',
  variable: 'DATABASE_URL' | 'KAFKA_BROKERS' | 'CHROMIUM_PATH' | 'ALERTMANAGER_PATH' | 'PYTHON_CLIENTS' | 'DATA_DIR',
  title: string,
  body: () => void,
): void;

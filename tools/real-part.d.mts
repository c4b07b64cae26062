/** See real-part.mjs. */
export function describeWith(
  part:
    | 'PostgreSQL'
    | 'Kafka'
    | 'Chromium'
    | 'Alertmanager'
    | 'the Python clients'
    | "the ONNX project's node tests"
    | 'real data',
  variable:
    | 'DATABASE_URL'
    | 'KAFKA_BROKERS'
    | 'CHROMIUM_PATH'
    | 'ALERTMANAGER_PATH'
    | 'PYTHON_CLIENTS'
    | 'ONNX_NODE_TESTS'
    | 'DATA_DIR',
  title: string,
  body: () => void,
): void;

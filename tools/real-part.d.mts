/** See real-part.mjs. */
export function describeWith(
  part:
    | 'PostgreSQL'
    | 'Kafka'
    | 'three Kafka brokers'
    | 'Chromium'
    | 'Alertmanager'
    | 'the Python clients'
    | 'grpcurl'
    | "the ONNX project's node tests"
    | 'real data',
  variable:
    | 'DATABASE_URL'
    | 'KAFKA_BROKERS'
    | 'KAFKA_JARS'
    | 'CHROMIUM_PATH'
    | 'ALERTMANAGER_PATH'
    | 'PYTHON_CLIENTS'
    | 'GRPCURL_PATH'
    | 'ONNX_NODE_TESTS'
    | 'DATA_DIR',
  title: string,
  body: () => void,
): void;

import { MODEL_FILE } from '../version-files.js';

/** MLmodel of a version that was registered without MLflow, so that its client can load it. JSON is YAML too. */
export function describeVersion(name: string, version: number, createdAtMs: number): string {
  return `${JSON.stringify(
    {
      flavors: {
        onnx: { data: MODEL_FILE, providers: ['CPUExecutionProvider'], code: null },
        python_function: { loader_module: 'mlflow.onnx', data: MODEL_FILE, code: null },
      },
      utc_time_created: new Date(createdAtMs).toISOString().replace('T', ' ').replace('Z', ''),
      metadata: { registered_as: `${name}/${version}` },
    },
    null,
    1,
  )}\n`;
}

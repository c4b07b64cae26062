import { describe, expect, it } from '@jest/globals';
import { describeVersion } from './describe-version.js';

describe('describeVersion()', () => {
  it('tells MLflow which file the graph is, and when it came', () => {
    expect(JSON.parse(describeVersion('basket', 3, Date.UTC(2026, 0, 2, 3, 4, 5, 6)))).toMatchObject({
      flavors: { onnx: { data: 'model.onnx' }, python_function: { loader_module: 'mlflow.onnx' } },
      utc_time_created: '2026-01-02 03:04:05.006',
      metadata: { registered_as: 'basket/3' },
    });
  });
});

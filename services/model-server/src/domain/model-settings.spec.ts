import { describe, expect, it } from '@jest/globals';
import { readSettings, type SettingsDefaults } from './model-settings.js';

const defaults: SettingsDefaults = {
  isolation: 'auto',
  batchRowsMax: 64,
  queueRequestsMax: 1_024,
  queueWaitMsMax: 2_000,
  queueStandingMsMax: 20,
  runTimeoutMs: 30_000,
  memoryMbMax: 2_048,
};
const policy = { queueRequestsMax: 1_024, timeoutMs: 0, timeoutOverride: false, whenLate: 'refuse' };
const read = (config: unknown) => readSettings(JSON.stringify(config), defaults);

describe('readSettings()', () => {
  it('answers the server’s own settings where there is no file, or an empty one', () => {
    const own = {
      isolation: 'auto',
      instances: 1,
      batchRowsMax: 64,
      batchRowsPreferred: [],
      batchDelayMs: 0,
      priorities: 1,
      priorityDefault: 1,
      queuePolicies: [policy],
      queueWaitMsMax: 2_000,
      queueStandingMsMax: 20,
      runTimeoutMs: 30_000,
      memoryMbMax: 2_048,
    };
    expect(readSettings(undefined, defaults)).toEqual(own);
    expect(read({})).toEqual(own);
  });

  it('reads Triton’s names', () => {
    const settings = read({
      name: 'price',
      platform: 'onnxruntime_onnx',
      max_batch_size: 32,
      dynamic_batching: {
        preferred_batch_size: [16, 8, 64],
        max_queue_delay_microseconds: '500',
        priority_levels: 2,
        default_priority_level: 2,
        default_queue_policy: { default_timeout_microseconds: 2000, allow_timeout_override: true, max_queue_size: 9 },
        priority_queue_policy: { 1: { timeout_action: 'DELAY' } },
      },
      instance_group: [{ count: 2, kind: 'KIND_CPU' }],
      parameters: {
        isolation: { string_value: 'process' },
        run_timeout_ms: { string_value: '250' },
        memory_mb_max: { string_value: '300' },
      },
    });
    expect(settings).toEqual({
      isolation: 'process',
      instances: 2,
      batchRowsMax: 32,
      batchRowsPreferred: [8, 16],
      batchDelayMs: 0.5,
      priorities: 2,
      priorityDefault: 2,
      queuePolicies: [
        { ...policy, whenLate: 'delay' },
        { queueRequestsMax: 9, timeoutMs: 2, timeoutOverride: true, whenLate: 'refuse' },
      ],
      queueWaitMsMax: 2_000,
      queueStandingMsMax: 20,
      runTimeoutMs: 250,
      memoryMbMax: 300,
    });
  });

  it.each([
    { config: { max_batch_sise: 3 }, says: /max_batch_sise/ },
    { config: { max_batch_size: -1 }, says: /max_batch_size/ },
    { config: { dynamic_batching: { preferred_batch_size: [0] } }, says: /dynamic_batching.preferred_batch_size.0/ },
    { config: { dynamic_batching: { default_priority_level: 1 } }, says: /beyond priority_levels/ },
    { config: { instance_group: [{ kind: 'KIND_GPU' }] }, says: /instance_group.0.kind/ },
    { config: { parameters: { isolation: { string_value: 'container' } } }, says: /parameters.isolation/ },
    { config: { parameters: { run_timeout_ms: { string_value: 'soon' } } }, says: /parameters.run_timeout_ms/ },
    { config: [], says: /its root/ },
  ])('refuses $config', ({ config, says }) => {
    expect(() => read(config)).toThrow(expect.objectContaining({ code: 'MODEL_CONFIG_INVALID', message: expect.stringMatching(says) })); // prettier-ignore
  });

  it('refuses what is not JSON', () => {
    expect(() => readSettings('{', defaults)).toThrow(/not JSON/);
  });
});

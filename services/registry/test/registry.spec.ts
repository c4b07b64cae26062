import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { describeWith } from '../../../tools/real-part.mjs';
import { register, Workbench, type RunningRegistry } from './running-registry.js';
import { tinyFiles } from './tiny-model.js';

describeWith('PostgreSQL', 'DATABASE_URL', 'the registry', () => {
  let bench: Workbench;
  let registry: RunningRegistry;
  beforeAll(async () => {
    bench = await Workbench.open();
    registry = bench.start();
    await registry.addresses();
  }, 60_000);
  afterAll(() => bench?.close());

  it('numbers versions, and tells the wanted one', async () => {
    const client = await registry.client();
    const first = await register(client, 'negation', tinyFiles());
    expect(first).toMatchObject({ created: true, modelVersion: { version: 1, hasBaseline: false } });
    const again = await register(client, 'negation', tinyFiles());
    expect(again).toMatchObject({ created: false, modelVersion: { version: 1 } });
    const moved = await client.setAlias({
      subject: { kind: 'model', name: 'negation' },
      alias: 'champion',
      version: 1,
      expected: 0,
      actor: 'test',
      reason: 'the first',
    });
    expect(moved).toMatchObject({ revision: 1n, change: { from: 0, to: 1 } });
    for await (const { state } of client.watch({})) {
      expect(state).toMatchObject({ revision: 1n, models: [{ name: 'negation', aliases: { champion: 1 } }] });
      break;
    }
  }, 60_000);
});

import type { Client } from '@connectrpc/connect';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { SignatureChange, type RegistryService } from '@vinaigrette/contracts/registry';
import { describeWith } from '../../../tools/real-part.mjs';
import { refusal, register, Workbench } from './running-registry.js';
import { tinyFiles, tinyModel } from './tiny-model.js';

const lineage = {
  format: 1,
  data: [{ name: 'sales', digest: 'a'.repeat(64), rows: 12 }],
  pipeline: { digest: 'b'.repeat(64) },
  code: { commit: '5f42eb9', changed: false },
  command: ['npx', 'train', '{data}', '{out}'],
  parameters: { minSupport: 0.01 },
  metrics: { recall: 0.5 },
  segments: [{ segment: 'market=de', rows: 5, metrics: { recall: 0.4 } }],
  environment: { node: '20.20.2' },
  parentRun: 'f00',
  validatedWith: [{ kind: 'rule-set', name: 'shop', version: 3 }],
};

describeWith('PostgreSQL', 'DATABASE_URL', 'where versions come from', () => {
  let bench: Workbench;
  let client: Client<typeof RegistryService>;
  beforeAll(async () => {
    bench = await Workbench.open();
    client = await bench.start().client();
    await register(client, 'traced', tinyFiles({ 'lineage.json': lineage }));
    await register(
      client,
      'traced',
      tinyFiles({ 'lineage.json': { ...lineage, parentRun: 'f01', parent: { model: 'traced', version: 1 } } }),
    );
    await register(client, 'untold', tinyFiles());
  }, 60_000);
  afterAll(() => bench?.close());

  const found = async (origin: Parameters<typeof client.findVersions>[0]['origin']) =>
    (await client.findVersions({ origin: origin as never })).versions.map(
      ({ model, version }) => `${model} ${version}`,
    );

  it('is told as lineage.json says it', async () => {
    const { lineageJson, version } = await client.getLineage({ model: 'traced', version: '1' });
    expect(version).toBe(1);
    expect(JSON.parse(lineageJson)).toEqual(lineage);
  });

  it.each([
    { of: 'data', origin: { case: 'dataDigest', value: 'a'.repeat(64) }, versions: ['traced 2', 'traced 1'] },
    { of: 'a commit', origin: { case: 'commit', value: '5f42eb9' }, versions: ['traced 2', 'traced 1'] },
    { of: 'a pipeline', origin: { case: 'pipelineDigest', value: 'b'.repeat(64) }, versions: ['traced 2', 'traced 1'] },
    { of: 'a run', origin: { case: 'parentRun', value: 'f01' }, versions: ['traced 2'] },
    {
      of: 'a version that answered meanwhile',
      origin: { case: 'parent', value: { model: 'traced', version: 1 } },
      versions: ['traced 2'],
    },
    {
      of: 'a rule set',
      origin: { case: 'validatedWith', value: { kind: 'rule-set', name: 'shop', version: 3 } },
      versions: ['traced 2', 'traced 1'],
    },
    {
      of: 'another version of it',
      origin: { case: 'validatedWith', value: { kind: 'rule-set', name: 'shop', version: 2 } },
      versions: [],
    },
    { of: 'data that nobody knows', origin: { case: 'dataDigest', value: "' OR true --" }, versions: [] },
  ] as const)('finds what came $of', async ({ origin, versions }) => {
    expect(await found(origin as never)).toEqual(versions);
  });

  it('refuses what it cannot answer', async () => {
    expect(await refusal(client.getLineage({ model: 'untold', version: '1' }))).toMatchObject({
      code: 'LINEAGE_NOT_FOUND',
    });
    expect(await refusal(client.findVersions({}))).toMatchObject({ code: 'BODY_INVALID', field: 'origin' });
    expect(await refusal(client.findVersions({ origin: { case: 'commit', value: '' } }))).toMatchObject({
      code: 'BODY_INVALID',
      field: 'commit',
    });
    const files = tinyFiles({ 'lineage.json': { format: 1, code: { commit: 'main' } } });
    expect(await refusal(register(client, 'refused', files))).toMatchObject({
      code: 'LINEAGE_INVALID',
      field: 'code.commit',
    });
  });

  it('tells what becomes of the callers of the version in force', async () => {
    const first = await register(client, 'called', tinyFiles());
    expect(first.comparison).toBeUndefined();
    const subject = { kind: 'model', name: 'called' };
    await client.setAlias({ subject, alias: 'champion', version: 1, actor: 'ana', reason: 'the first' });
    const same = await register(client, 'called', tinyFiles({ 'card.json': '2' }));
    expect(same.comparison).toMatchObject({ from: 1, to: 2, change: SignatureChange.COMPATIBLE, differences: [] });
    const other = tinyModel('Neg', ['amount', 'y']);
    const third = await register(client, 'called', { 'model.onnx': other });
    const differences = ['input x is gone', 'input amount is new, and no caller sends it'];
    expect(third.comparison).toMatchObject({ from: 1, to: 3, change: SignatureChange.BREAKING, differences });
    const asked = await client.compareVersions({ model: 'called', from: 'champion', to: '3' });
    expect(asked.comparison).toEqual(third.comparison);
  });
});

import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Client } from '@connectrpc/connect';
import type { RegistryService } from '@vinaigrette/contracts/registry';
import { buildBaseline } from '@vinaigrette/drift';
import { describeWith } from '../../../tools/real-part.mjs';
import { refusal, register, upload, Workbench } from './running-registry.js';
import { hungryModel, slowModel, tinyFiles, tinyGolden, tinyModel, tinySignature } from './tiny-model.js';

const rows = Array.from({ length: 30 }, (_, x) => ({ x: [x], y: [-x] }));
const baseline = (tensor: string) =>
  buildBaseline([{ name: 'it', kind: 'numeric', from: { kind: 'value', tensor } }], rows);

describeWith('PostgreSQL', 'DATABASE_URL', 'registering versions', () => {
  let bench: Workbench;
  let client: Client<typeof RegistryService>;
  beforeAll(async () => {
    bench = await Workbench.open();
    client = await bench.start({ INSPECTION_TIMEOUT_MS: '20000', INSPECTION_MEMORY_BYTES_MAX: '1000000000' }).client();
  }, 60_000);
  afterAll(() => bench?.close());

  const versionsOf = async (name: string) => (await client.listModels({})).models.find((model) => model.name === name);

  it('gives a model that answers as promised its number, and tells all about it', async () => {
    const files = tinyFiles({ 'baseline.json': baseline('x'), 'weights/notes.txt': 'any file may come along' });
    const { modelVersion, created } = await register(client, 'complete', files);
    expect(created).toBe(true);
    expect(modelVersion).toMatchObject({ model: 'complete', version: 1, createdBy: 'test', hasBaseline: true });
    expect(JSON.parse(modelVersion?.signatureJson ?? '')).toEqual(tinySignature);
    expect(modelVersion?.schemaId).toHaveLength(32);
    expect(Number(modelVersion?.createdAtMs)).toBeGreaterThan(Date.now() - 60_000);
    expect(modelVersion?.files.map(({ path, sizeBytes }) => [path, Number(sizeBytes)]).sort()).toEqual(
      Object.entries(files)
        .map(([path, bytes]) => [path, bytes.byteLength])
        .sort(),
    );
    expect((await client.getModelVersion({ model: 'complete', version: '1' })).modelVersion).toEqual(modelVersion);
  }, 60_000);

  it('takes a model alone: the graph says its signature, and nobody judges its drift', async () => {
    const files = { 'model.onnx': tinyModel() };
    const { modelVersion } = await register(client, 'alone', files);
    expect(modelVersion).toMatchObject({ version: 1, hasBaseline: false });
    expect(JSON.parse(modelVersion?.signatureJson ?? '')).toEqual(tinySignature);
  }, 60_000);

  it('answers the same files with the number they have, and other files with the next', async () => {
    const files = (card: string) => tinyFiles({ 'card.json': card });
    expect(await register(client, 'repeated', files('{"a":1}'))).toMatchObject({ created: true });
    const second = await register(client, 'repeated', files('{"a":2}'));
    expect(second).toMatchObject({ created: true, modelVersion: { version: 2 } });
    const again = await register(client, 'repeated', files('{"a":1}'));
    expect(again).toMatchObject({ created: false, modelVersion: { version: 1 } });
    expect((await versionsOf('repeated'))?.versions.map(({ version }) => version)).toEqual([2, 1]);
  }, 60_000);

  it('numbers a hundred registrations at once without gaps or doubles, half of them of the same files', async () => {
    const cards = Array.from({ length: 100 }, (_, index) => ({ 'card.json': { index: index % 50 } }));
    const answers = await Promise.all(cards.map((card) => register(client, 'crowded', tinyFiles(card))));
    const created = answers.filter((answer) => answer.created).map(({ modelVersion }) => modelVersion?.version ?? 0);
    expect(created.sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
    answers.forEach(({ modelVersion }, index) => {
      expect(modelVersion?.version).toBe(answers[(index + 50) % 100]?.modelVersion?.version);
    });
    expect((await versionsOf('crowded'))?.versions).toHaveLength(50);
  }, 300_000);

  describe('refuses, and keeps no trace of,', () => {
    const cut = tinyModel().subarray(0, 40);
    const renamed = { ...tinySignature, inputs: [{ ...tinySignature.inputs[0], name: 'z' }], logged: [] };
    const few = { examples: tinyGolden().examples.slice(0, 19) };
    const unknown = {
      examples: tinyGolden().examples.map(({ outputs, inputs: { x } }) => ({ inputs: { z: x }, outputs })),
    };
    it.each([
      { what: 'bytes that are no ONNX', files: { 'model.onnx': 'not a model' }, code: 'MODEL_INVALID' },
      { what: 'an empty model', files: { 'model.onnx': '' }, code: 'MODEL_INVALID' },
      { what: 'half a model', files: { 'model.onnx': cut }, code: 'MODEL_INVALID' },
      { what: 'an unknown operator', files: { 'model.onnx': tinyModel('Vinegar') }, code: 'MODEL_INVALID' },
      { what: 'no model', files: { 'model.onnx': undefined }, code: 'MODEL_INVALID', field: 'files' },
      {
        what: 'a signature of another model',
        files: { 'signature.json': renamed },
        code: 'SIGNATURE_MISMATCH',
        field: 'x',
      },
      {
        what: 'a signature that is no JSON',
        files: { 'signature.json': '{' },
        code: 'SIGNATURE_MISMATCH',
        field: 'signature.json',
      },
      {
        what: 'golden answers that lie',
        files: { 'golden.json': tinyGolden((x) => (x === 7 ? 7 : -x)) },
        code: 'GOLDEN_MISMATCH',
        field: 'examples[7]',
      },
      {
        what: 'golden answers of a better rounding',
        files: { 'golden.json': tinyGolden((x) => -x * 1.00001) },
        code: 'GOLDEN_MISMATCH',
        field: 'examples[1]',
      },
      { what: 'too few golden answers', files: { 'golden.json': few }, code: 'GOLDEN_MISMATCH' },
      {
        what: 'golden answers to other inputs',
        files: { 'golden.json': unknown },
        code: 'GOLDEN_MISMATCH',
        field: 'examples[0]',
      },
      {
        what: 'golden answers that are no JSON',
        files: { 'golden.json': 'yes' },
        code: 'GOLDEN_MISMATCH',
        field: 'golden.json',
      },
      { what: 'a baseline that is none', files: { 'baseline.json': { format: 1 } }, code: 'BASELINE_INVALID' },
      {
        what: 'a baseline that is no JSON',
        files: { 'baseline.json': 'NaN' },
        code: 'BASELINE_INVALID',
        field: 'baseline.json',
      },
      {
        what: 'a baseline of what is not logged',
        files: { 'baseline.json': baseline('y'), 'signature.json': { ...tinySignature, logged: [{ tensor: 'x' }] } },
        code: 'BASELINE_INVALID',
        field: 'features[0].from',
      },
      {
        what: 'a model that computes for minutes',
        files: { 'model.onnx': slowModel() },
        code: 'MODEL_INVALID',
        message: 'within 20000 ms',
      },
      {
        what: 'a model that wants all memory',
        files: { 'model.onnx': hungryModel() },
        code: 'MODEL_INVALID',
        message: 'memory',
      },
      {
        what: 'a file that leaves its folder',
        files: { '../../escape': 'x' },
        code: 'BODY_INVALID',
        field: 'files[3].path',
      },
      { what: 'a file from the root', files: { '/etc/passwd': 'x' }, code: 'BODY_INVALID', field: 'files[3].path' },
    ])(
      '$what: $code',
      async ({ files, code, field, message }) => {
        const refused = await refusal(register(client, 'refused', tinyFiles(files)));
        expect(refused).toMatchObject({ status: 'InvalidArgument', code, ...(field && { field }) });
        expect(refused?.message).toMatch(/^\[invalid_argument\] \[[A-Z_]+\] [^\n]+\. Remedy: [^\n]+$/);
        expect(refused?.message).toContain(message ?? code);
        expect(await versionsOf('refused')).toBeUndefined();
        expect(await readdir(join(bench.folder, 'scratch'))).toEqual([]);
      },
      120_000,
    );

    const sha256 = createHash('sha256').update('never uploaded').digest('hex');
    const model = (other: object) => ({
      model: 'refused',
      actor: 'test',
      files: [{ path: 'model.onnx', sha256 }],
      ...other,
    });
    it.each([
      { what: 'a name with a slash', request: model({ model: 'a/b' }), code: 'BODY_INVALID', field: 'model' },
      { what: 'no name', request: model({ model: '' }), code: 'BODY_INVALID', field: 'model' },
      {
        what: 'SQL for a name',
        request: model({ model: "'; DROP TABLE registry.alias; --" }),
        code: 'BODY_INVALID',
        field: 'model',
      },
      { what: 'nobody as actor', request: model({ actor: '' }), code: 'BODY_INVALID', field: 'actor' },
      {
        what: 'a description with NUL',
        request: model({ description: '\0' }),
        code: 'BODY_INVALID',
        field: 'description',
      },
      {
        what: 'a digest that is none',
        request: model({ files: [{ path: 'model.onnx', sha256: '../x' }] }),
        code: 'BODY_INVALID',
        field: 'files[0].sha256',
      },
      { what: 'files never uploaded', request: model({}), code: 'ARTIFACT_NOT_FOUND', field: 'files[0].sha256' },
    ])('$what: $code', async ({ request, code, field }) => {
      expect(await refusal(client.registerVersion(request))).toMatchObject({ code, field });
    });

    it("a size that is not the file's", async () => {
      const { sha256 } = await upload(client, tinyModel());
      const request = model({ files: [{ path: 'model.onnx', sha256, sizeBytes: 1n }] });
      expect(await refusal(client.registerVersion(request))).toMatchObject({
        code: 'BODY_INVALID',
        field: 'files[0].sizeBytes',
      });
    });
  });

  it.each([
    { model: 'ghost', version: '1', code: 'MODEL_NOT_FOUND', status: 'NotFound' },
    { model: 'complete', version: '99', code: 'VERSION_NOT_FOUND', status: 'NotFound' },
    { model: 'complete', version: 'canary', code: 'VERSION_NOT_FOUND', status: 'NotFound' },
    { model: 'complete', version: '', code: 'BODY_INVALID', status: 'InvalidArgument' },
    { model: 'complete', version: '99999999999', code: 'BODY_INVALID', status: 'InvalidArgument' },
  ])('has no version $version of $model: $code', async ({ model, version, code, status }) => {
    expect(await refusal(client.getModelVersion({ model, version }))).toMatchObject({ code, status });
  });
});

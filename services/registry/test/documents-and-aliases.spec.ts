import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Client } from '@connectrpc/connect';
import type { RegistryService } from '@vinaigrette/contracts/registry';
import { describeWith } from '../../../tools/real-part.mjs';
import { refusal, register, Workbench } from './running-registry.js';
import { tinyFiles } from './tiny-model.js';

const ruleSet = (sku: string) => JSON.stringify({ rules: [{ id: 'gone', action: 'hide', skus: [sku] }] });
const by = { actor: 'test', reason: 'because' };

describeWith('PostgreSQL', 'DATABASE_URL', 'documents and aliases', () => {
  let bench: Workbench;
  let client: Client<typeof RegistryService>;
  beforeAll(async () => {
    bench = await Workbench.open();
    client = await bench.start().client();
    await register(client, 'negation', tinyFiles({ 'card.json': '1' }));
    await register(client, 'negation', tinyFiles({ 'card.json': '2' }));
  }, 60_000);
  afterAll(() => bench?.close());

  const put = (name: string, bodyJson: string, kind = 'rule-set') =>
    client.putDocument({ kind, name, bodyJson, actor: 'test' });

  it("numbers a name's documents, keeps their very text, and knows a body again", async () => {
    const spaced = `${ruleSet('A')}\n`;
    expect(await put('shop', ruleSet('A'))).toMatchObject({ created: true, document: { version: 1 } });
    expect(await put('shop', spaced)).toMatchObject({ created: true, document: { version: 2, bodyJson: spaced } });
    const again = await put('shop', ruleSet('A'));
    expect(again).toMatchObject({
      created: false,
      document: { version: 1, createdBy: 'test', kind: 'rule-set', name: 'shop' },
    });
    expect(again.document?.sha256).toBe(createHash('sha256').update(ruleSet('A')).digest('hex'));
    expect(await put('other', ruleSet('A'))).toMatchObject({ created: true, document: { version: 1 } });
    const { documents } = await client.listDocuments({ kind: 'rule-set' });
    expect(documents.map(({ name, version }) => [name, version])).toEqual([
      ['other', 1],
      ['shop', 2],
      ['shop', 1],
    ]);
    expect(await client.listDocuments({ kind: 'use-case' })).toMatchObject({ documents: [] });
    expect((await client.getDocument({ kind: 'rule-set', name: 'shop', version: '2' })).document?.bodyJson).toBe(
      spaced,
    );
  });

  it('numbers a hundred documents at once without gaps or doubles', async () => {
    const answers = await Promise.all(Array.from({ length: 100 }, (_, index) => put('crowded', ruleSet(`S${index}`))));
    const numbers = answers.map(({ document }) => document?.version ?? 0).sort((a, b) => a - b);
    expect(numbers).toEqual(Array.from({ length: 100 }, (_, index) => index + 1));
  }, 60_000);

  const large = (bytes: number) => `${ruleSet('A')}${' '.repeat(bytes - ruleSet('A').length)}`;
  it('takes a body of 1 MiB, and not a byte more', async () => {
    expect(await put('large', large(2 ** 20))).toMatchObject({ created: true });
    expect(await refusal(put('large', large(2 ** 20 + 1)))).toMatchObject({
      code: 'BODY_TOO_LARGE',
      field: 'bodyJson',
    });
    expect(await refusal(put('large', large(10 * 2 ** 20)))).toMatchObject({ code: 'BODY_TOO_LARGE' });
    expect(await refusal(put('large', large(20 * 2 ** 20)))).toMatchObject({ status: 'ResourceExhausted' });
  }, 30_000);

  it('holds rules and use cases against each other, the catalogue and the signature before it keeps them', async () => {
    const inForce = async (kind: string, name: string, body: object) => {
      const { document } = await put(name, JSON.stringify(body), kind);
      await client.setAlias({ subject: { kind, name }, alias: 'champion', version: document!.version, ...by });
    };
    await register(client, 'fitted', tinyFiles());
    await client.setAlias({ subject: { kind: 'model', name: 'fitted' }, alias: 'champion', version: 1, ...by });
    const clamp = (output: string, min: string | number) => ({
      ...(typeof min === 'string' && { fields: { inputs: { age: 'number' } } }),
      rules: [{ id: 'floor', action: 'clamp', output, min }],
    });
    const useCase = { kind: 'prediction', model: 'fitted', ruleSet: 'fitting' };
    await inForce('rule-set', 'fitting', clamp('y', 'inputs.age')); // nobody follows it yet
    const why = async (kind: string, name: string, body: object) => refusal(put(name, JSON.stringify(body), kind));
    expect(await why('use-case', 'fits', useCase)).toMatchObject({
      code: 'DOCUMENT_INVALID',
      message: expect.stringMatching(/Use case fits: .*inputs\.age as number; the use case must name it in fields/),
    });
    await inForce('use-case', 'fits', { ...useCase, fields: { age: 'number' } });
    for (const [body, names] of [
      [clamp('z', 0), 'an output z'],
      [{ rules: [{ id: 'blind', action: 'mask', inputs: ['z'] }] }, 'an input z'],
      [{ fields: { item: { stock: 'number' } }, rules: [] }, 'item.stock'],
    ] as const) {
      expect(await why('rule-set', 'fitting', body)).toMatchObject({ message: expect.stringContaining(names) });
    }
    expect(await why('rule-set', 'fitting', clamp('y', 0))).toBeUndefined();
    expect(await why('use-case', 'shopping', { kind: 'recommendation', model: 'fitted' })).toMatchObject({
      code: 'SIGNATURE_MISMATCH',
      message: expect.stringContaining('does not take `items`'),
    });
  });

  it.each([
    { what: 'no JSON', body: '{', code: 'DOCUMENT_INVALID', field: 'bodyJson' },
    {
      what: 'a rule that is none',
      body: '{"rules":[{"id":"a","action":"sing"}]}',
      code: 'DOCUMENT_INVALID',
      field: expect.stringContaining('rules[0]'),
    },
    { what: 'an unknown kind', kind: 'poem', body: '{}', code: 'DOCUMENT_INVALID', field: 'kind' },
    { what: 'a model', kind: 'model', body: '{}', code: 'DOCUMENT_INVALID', field: 'kind' },
    { what: 'a bad name', name: 'A', body: ruleSet('A'), code: 'BODY_INVALID', field: 'name' },
  ])('refuses $what as a document', async ({ body, kind, name, code, field }) => {
    expect(await refusal(put(name ?? 'refused', body, kind))).toMatchObject({ status: 'InvalidArgument', code, field });
  });

  it('has no document that was never put', async () => {
    const request = { kind: 'rule-set', name: 'ghost', version: 'champion' };
    expect(await refusal(client.getDocument(request))).toMatchObject({
      status: 'NotFound',
      code: 'DOCUMENT_NOT_FOUND',
    });
  });

  const subject = { kind: 'model', name: 'negation' };
  const set = (version: number, expected?: number, alias = 'champion') =>
    client.setAlias({ subject, alias, version, expected, ...by });

  it('moves an alias from where it is believed to stand, and writes down who, why and when', async () => {
    const first = await set(1, 0);
    expect(first.change).toMatchObject({ subject, alias: 'champion', from: 0, to: 1, ...by });
    const second = await set(2, 1);
    expect(second.revision).toBeGreaterThan(first.revision);
    expect(await refusal(set(2, 1))).toMatchObject({ status: 'Aborted', code: 'ALIAS_MOVED', field: 'expected' });
    expect((await client.getModelVersion({ model: 'negation', version: 'champion' })).modelVersion?.version).toBe(2);
    const model = (await client.listModels({})).models.find(({ name }) => name === 'negation');
    expect(model?.aliases).toEqual({ champion: 2 });

    const stayed = await set(2, 2);
    expect(stayed).toEqual(second); // the change that put it there, and no new revision
    await set(0, 2);
    expect(await refusal(client.getModelVersion({ model: 'negation', version: 'champion' }))).toMatchObject({
      code: 'VERSION_NOT_FOUND',
    });
    const { changes } = await client.listAliasChanges({ subject });
    expect(changes.map(({ from, to }) => [from, to])).toEqual([
      [2, 0],
      [1, 2],
      [0, 1],
    ]);
  });

  it('points at documents too', async () => {
    await put('pointed', ruleSet('A'));
    const wish = { subject: { kind: 'rule-set', name: 'pointed' }, alias: 'champion', version: 1, ...by };
    expect(await client.setAlias(wish)).toMatchObject({ change: { from: 0, to: 1 } });
    const { document } = await client.getDocument({ kind: 'rule-set', name: 'pointed', version: 'champion' });
    expect(document?.version).toBe(1);
    expect(await refusal(client.setAlias({ ...wish, version: 2 }))).toMatchObject({
      code: 'DOCUMENT_NOT_FOUND',
      field: 'version',
    });
  });

  it('lets one of fifty who race win each move, and the history tells the same', async () => {
    const race = { subject, alias: 'raced', ...by };
    await client.setAlias({ ...race, version: 1, expected: 0 });
    for (const [from, to] of [
      [1, 2],
      [2, 1],
      [1, 2],
    ] as const) {
      const calls = Array.from({ length: 50 }, () =>
        refusal(client.setAlias({ ...race, version: to, expected: from })),
      );
      const lost = (await Promise.all(calls)).filter((answer) => answer !== undefined);
      expect(lost).toHaveLength(49);
      expect(new Set(lost.map(({ code }) => code))).toEqual(new Set(['ALIAS_MOVED']));
    }
    const { changes } = await client.listAliasChanges({ subject });
    const raced = changes.filter(({ alias }) => alias === 'raced').reverse();
    expect(raced.map(({ from, to }) => [from, to])).toEqual([
      [0, 1],
      [1, 2],
      [2, 1],
      [1, 2],
    ]);
  }, 60_000);

  const wish = { subject, alias: 'champion', version: 1, ...by };
  it.each([
    { what: 'no reason', wish: { ...wish, reason: '' }, code: 'BODY_INVALID', field: 'reason' },
    { what: 'a reason of blanks', wish: { ...wish, reason: ' \n' }, code: 'BODY_INVALID', field: 'reason' },
    { what: 'no actor', wish: { ...wish, actor: '' }, code: 'BODY_INVALID', field: 'actor' },
    { what: 'no subject', wish: { ...wish, subject: undefined }, code: 'BODY_INVALID', field: 'subject.kind' },
    {
      what: 'no name',
      wish: { ...wish, subject: { kind: 'model', name: '' } },
      code: 'BODY_INVALID',
      field: 'subject.name',
    },
    { what: 'a number as alias', wish: { ...wish, alias: '7' }, code: 'BODY_INVALID', field: 'alias' },
    {
      what: 'an unknown model',
      wish: { ...wish, subject: { kind: 'model', name: 'ghost' } },
      code: 'MODEL_NOT_FOUND',
      field: 'subject.name',
    },
    {
      what: 'an unknown kind',
      wish: { ...wish, subject: { kind: 'poem', name: 'a' } },
      code: 'DOCUMENT_NOT_FOUND',
      field: 'subject.name',
    },
    { what: 'a missing version', wish: { ...wish, version: 3 }, code: 'VERSION_NOT_FOUND', field: 'version' },
    {
      what: 'a version beyond every integer',
      wish: { ...wish, version: 4_294_967_295 },
      code: 'VERSION_NOT_FOUND',
      field: 'version',
    },
    {
      what: 'an expectation beyond every integer',
      wish: { ...wish, expected: 4_294_967_295 },
      code: 'ALIAS_MOVED',
      field: 'expected',
    },
    {
      what: 'taking away what nobody ever held',
      wish: { ...wish, alias: 'never', version: 0 },
      code: 'VERSION_NOT_FOUND',
      field: 'alias',
    },
  ])('refuses $what: $code', async ({ wish, code, field }) => {
    expect(await refusal(client.setAlias(wish))).toMatchObject({ code, field });
  });

  it.each([
    'UPDATE registry.alias_change SET reason = $1',
    'DELETE FROM registry.alias_change WHERE actor <> $1',
    'UPDATE registry.model_version SET created_by = $1',
    'DELETE FROM registry.document WHERE created_by <> $1',
  ])('refuses in the database itself: %s', async (statement) => {
    await expect(bench.query(statement, ['nobody'])).rejects.toThrow('append-only');
  });

  it('refuses in the database itself to empty the history', async () => {
    await expect(bench.query('TRUNCATE registry.alias_change')).rejects.toThrow('append-only');
  });
});

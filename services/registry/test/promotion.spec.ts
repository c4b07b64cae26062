import type { Client } from '@connectrpc/connect';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { RolloutKind, RolloutState, type RegistryService } from '@vinaigrette/contracts/registry';
import { describeWith } from '../../../tools/real-part.mjs';
import { refusal, register, Workbench } from './running-registry.js';
import { tinyBaseline, tinyFiles } from './tiny-model.js';

const by = { actor: 'ana', reason: 'July sales' };

/** The steps build on each other, as the life of one policy does. */
describeWith('PostgreSQL', 'DATABASE_URL', 'promotion policies', () => {
  let bench: Workbench;
  let client: Client<typeof RegistryService>;
  const subject = { kind: 'model', name: 'negation' };
  beforeAll(async () => {
    bench = await Workbench.open();
    client = await bench.start().client();
    for (const card of ['1', '2', '3']) {
      await register(client, 'negation', tinyFiles({ 'card.json': card, 'baseline.json': tinyBaseline }));
    }
    await promote(1);
  }, 60_000);
  afterAll(() => bench?.close());

  const promote = (version: number, force = false) =>
    client.setAlias({ subject, alias: 'champion', version, force, ...by });
  const evaluate = (version: number, recall: number, validationSet = 'june') =>
    client.putEvaluation({
      evaluation: { model: 'negation', version, validationSet, metrics: { recall }, actor: 'ci' },
    });
  const putPolicy = async (body: unknown) => {
    const policy = { kind: 'promotion-policy', name: 'negation' };
    const { document } = await client.putDocument({ ...policy, bodyJson: JSON.stringify(body), actor: 'ana' });
    await client.setAlias({ subject: policy, alias: 'champion', version: document?.version ?? 0, ...by });
  };
  const recall = { metric: 'recall', validationSet: 'june', gainMin: 0.1 };
  const gate = { code: 'GATE_NOT_PASSED', status: 'Aborted', field: 'version' };

  it('refuse a version without evidence, also as a canary, and keep the verdict', async () => {
    await putPolicy({ metrics: [recall] });
    expect(await refusal(promote(2))).toMatchObject(gate);
    const canary = { subject, candidate: 2, kind: RolloutKind.CANARY, ...by };
    expect(await refusal(client.startRollout(canary))).toMatchObject(gate);
    const { verdicts } = await client.listPromotionVerdicts({ model: 'negation' });
    expect(verdicts).toHaveLength(2);
    expect(verdicts[0]).toMatchObject({
      version: 2,
      champion: 1,
      policyVersion: 1,
      passed: false,
      forced: false,
      ...by,
    });
    expect(verdicts[0]?.gates).toMatchObject([
      { gate: 'golden', passed: true },
      { gate: 'baseline', passed: true },
      { gate: 'signature', passed: true },
      { gate: 'metric recall on june', passed: false },
    ]);
  });

  it('say beforehand what is missing, and pass what is better', async () => {
    await evaluate(1, 0.5);
    await evaluate(2, 0.55);
    const asked = await client.judgeVersion({ model: 'negation', version: 2, actor: 'ana' });
    expect(asked.verdict).toMatchObject({ passed: false, reason: '' });
    await evaluate(2, 0.75);
    expect(await promote(2)).toMatchObject({ change: { from: 1, to: 2, forced: false } });
  });

  it('leave other aliases, shadows, and the way back alone', async () => {
    await client.setAlias({ subject, alias: 'staging', version: 3, ...by });
    const shadow = { subject, candidate: 3, kind: RolloutKind.SHADOW, stepsBps: [1_000], ...by };
    expect((await client.startRollout(shadow)).rollout?.state).toBe(RolloutState.RUNNING);
    expect(await client.rollBackAlias({ subject, alias: 'champion', ...by })).toMatchObject({ change: { to: 1 } });
  });

  it('can be overruled with a reason, and the history shows it', async () => {
    expect(await promote(3, true)).toMatchObject({ change: { from: 1, to: 3, forced: true, ...by } });
    const { verdicts } = await client.listPromotionVerdicts({ model: 'negation' });
    expect(verdicts[0]).toMatchObject({ version: 3, passed: false, forced: true, ...by });
    await client.rollBackAlias({ subject, alias: 'champion', ...by });
  });

  it('remember an incident, and ask that somebody else stands up', async () => {
    const incident = { id: 'sold-out', incident: 'it showed what was sold out', metric: 'recall', atLeast: 1 };
    await putPolicy({ cases: [{ ...incident, validationSet: 'sold-out-july' }], approvals: 1 });
    await evaluate(2, 0.5, 'sold-out-july');
    const { message } = (await refusal(promote(2))) ?? {};
    expect(message).toMatch(/case sold-out \(0\.5 of 1 to Infinity\); approvals \(0 of 1, not counting test/);
    await evaluate(2, 1, 'sold-out-july');
    await client.approveVersion({ model: 'negation', version: 2, actor: 'test', reason: 'mine' });
    expect(await refusal(promote(2))).toMatchObject(gate);
    await client.approveVersion({ model: 'negation', version: 2, actor: 'bob', reason: 'looked at it' });
    expect(await promote(2)).toMatchObject({ change: { to: 2, forced: false } });
  });

  it('hold a shadow to the champion, except where the use case in force has a feedback loop', async () => {
    await putPolicy({ shadowAgreement: { useCase: 'quotes', atLeast: 0.9 } });
    await evaluate(3, 1);
    await client.putEvaluation({
      evaluation: { model: 'negation', version: 3, validationSet: 'shadow', metrics: { agreement: 0.5 }, actor: 'ci' },
    });
    const asked = async () => (await client.judgeVersion({ model: 'negation', version: 3, actor: 'ana' })).verdict;
    expect((await asked())?.gates.at(-1)).toMatchObject({ gate: 'shadow agreement', passed: false });
    const useCase = { kind: 'use-case', name: 'quotes' };
    for (const [feedbackLoop, passed] of [
      [false, false],
      [true, true],
    ]) {
      const body = { kind: 'prediction', model: 'negation', alias: 'champion', budgetMs: 100, feedbackLoop };
      const { document } = await client.putDocument({ ...useCase, bodyJson: JSON.stringify(body), actor: 'ana' });
      await client.setAlias({ subject: useCase, alias: 'champion', version: document?.version ?? 0, ...by });
      expect(await asked()).toMatchObject({ passed });
    }
  });

  it.each([
    { what: 'nothing', evaluation: undefined, code: 'BODY_INVALID' },
    { what: 'a number that is none', evaluation: { version: 1, metrics: { recall: NaN } }, code: 'BODY_INVALID' },
    { what: 'an unknown version', evaluation: { version: 9, metrics: { recall: 1 } }, code: 'VERSION_NOT_FOUND' },
  ])('take no evaluation of $what: $code', async ({ evaluation, code }) => {
    const whole = evaluation && { model: 'negation', validationSet: 'june', actor: 'ci', ...evaluation };
    expect(await refusal(client.putEvaluation({ evaluation: whole }))).toMatchObject({ code });
  });
});

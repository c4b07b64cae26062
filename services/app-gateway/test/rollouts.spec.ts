import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { create } from '@bufbuild/protobuf';
import { PredictionStatus } from '@vinaigrette/contracts/events';
import {
  DocumentSchema,
  RolloutKind,
  RolloutSchema,
  RolloutState,
  SubjectSchema,
  Verdict,
  WantedModelSchema,
  type Rollout,
} from '@vinaigrette/contracts/registry';
import { Problem } from '@vinaigrette/problems';
import { tensorOf } from '@vinaigrette/signature';
import { basketModel, basketSignature, bestSellers, document, recommendations, shopRules } from './shop.js';
import { SmallModelServer } from './small-model-server.js';
import { SmallRegistry } from './small-registry.js';
import { eventually, readLog, TestGateway, workspace } from './test-gateway.js';

/** Version 2 sells cream, and fails, or is not there yet, when it is told to. */
let broken = false;
/** Whether the model server has it by now. */
let loaded = true;
const twoVersions: typeof basketModel = (inputs, version) => {
  const answer = basketModel(inputs, version);
  if (version !== '2') return answer;
  if (broken) throw new Error('out of order');
  if (!loaded) throw new Problem('MODEL_NOT_READY', 'basket "2" is still loading');
  const rows = answer.outputs['skus']!.shape[0]!;
  const skus = Array.from({ length: rows }, () => ['cream', 'bread', '']).flat();
  return { version: 2, outputs: { ...answer.outputs, skus: tensorOf('BYTES', [rows, 3], skus) } };
};

const rollout = (over: Partial<Rollout>): Rollout =>
  Object.assign(create(RolloutSchema), {
    id: 'rollout-1',
    subject: create(SubjectSchema, { kind: 'model', name: 'basket' }),
    alias: 'champion',
    candidate: 2,
    control: 1,
    kind: RolloutKind.CANARY,
    variant: 'canary',
    stepsBps: [5_000, 10_000],
    salt: 'salt',
    state: RolloutState.RUNNING,
    ...over,
  });

/** Tries version 2 of the shop's rules, which show one item; the third is none. */
const ofRules = (over: Partial<Rollout>): Rollout =>
  rollout({ subject: create(SubjectSchema, { kind: 'rule-set', name: 'shop' }), ...over });
const oneItem = { rules: [{ id: 'one', action: 'cap', items: 1 }] };
const rulesVersion = (version: number, body: unknown) =>
  create(DocumentSchema, { kind: 'rule-set', name: 'shop', version, bodyJson: JSON.stringify(body) });

describe('rollouts', () => {
  const registry = new SmallRegistry();
  const models = new SmallModelServer({ basket: twoVersions });
  let space: Awaited<ReturnType<typeof workspace>>;
  let shop: TestGateway;

  beforeAll(async () => {
    space = await workspace();
    want([]);
    shop = await TestGateway.start(space.environment(await registry.listen(), await models.listen()));
    await shop.ready();
  }, 60_000);
  afterAll(async () => {
    await shop.close();
    await registry.close();
    models.close();
    await space.remove();
  }, 60_000);

  function want(rollouts: Rollout[], useCase: object = {}): void {
    const sha256 = registry.keep(Buffer.from(JSON.stringify(bestSellers)));
    const version = (number: number) => ({
      model: 'basket',
      version: number,
      files: [{ path: 'best-sellers.json', sha256 }],
      signatureJson: JSON.stringify(basketSignature),
    });
    const basket = create(WantedModelSchema, {
      name: 'basket',
      aliases: { champion: 1 },
      versions: [version(1), version(2)],
    });
    const body = { ...recommendations, budgetMs: 30_000, ...useCase };
    const rules = document('rule-set', 'shop', shopRules);
    rules.versions.push(rulesVersion(2, oneItem), rulesVersion(3, { rules: [{ id: 'x', action: 'explode' }] }));
    const documents = [document('use-case', 'recommendations', body), rules];
    registry.want({ models: [basket], documents, rollouts });
  }

  const ask = async (id: string) => {
    const { status, body } = await shop.post('/v1/recommendations', { basket: ['milk'], customer: { id } });
    if (status !== 200) throw new Error(`Answered ${status}`);
    return body;
  };
  const customers = Array.from({ length: 30 }, (_, at) => `c-${at}`);
  const variants = async () => {
    const told = await Promise.all(customers.map(ask));
    return new Map(told.map(({ servedBy }, at) => [customers[at], servedBy.variant as string]));
  };
  const inForce = (holds: (variant: ReadonlyMap<string | undefined, string>) => boolean, what: string) =>
    eventually(async () => holds(await variants()), what);
  const some = (variant: string) => (drawn: ReadonlyMap<unknown, string>) => [...drawn.values()].includes(variant);

  it('gives a customer the same variant each time, by the version it says, and counts both sides', async () => {
    want([rollout({})]);
    await inForce(some('canary'), 'the canary is drawn');
    const [once, again] = [await variants(), await variants()];
    expect(again).toEqual(once);
    const canary = [...once].find(([, variant]) => variant === 'canary')?.[0] as string;
    const champion = [...once].find(([, variant]) => variant === 'champion')?.[0] as string;
    expect((await ask(canary)).servedBy).toMatchObject({ variant: 'canary', version: 2, fallback: null });
    expect((await ask(champion)).servedBy).toMatchObject({ variant: 'champion', version: 1, fallback: null });
    const { predictions } = await readLog(space.eventLogDir);
    expect(predictions.findLast(({ unit }) => unit === canary)).toMatchObject({
      variant: 'canary',
      version: 2,
      rolloutId: 'rollout-1',
      propensity: 0.5,
      status: PredictionStatus.ANSWERED,
    });
    expect(predictions.findLast(({ unit }) => unit === champion)).toMatchObject({
      variant: 'champion',
      propensity: 0.5,
    });
    await eventually(() => {
      const { candidate, control, step } = registry.counts.get('rollout-1') ?? {};
      return step === 0 && Number(candidate?.requests) > 10 && Number(control?.requests) > 10;
    }, 'the registry hears the counts of both sides');
  }, 60_000);

  it('says why a customer is routed as it is, by the numbers that decided', async () => {
    want([rollout({ id: 'why', segmentBps: { 'country=de': 10_000 } })]);
    const ask = (query: string) => shop.get(`/v1/route?useCase=recommendations&unit=c-1${query}`);
    await eventually(async () => (await ask('')).body.why[0].startsWith('rollout why'), 'the rollout is in force');
    const { status, body } = await ask('&segments=country=de');
    expect({ status, body }).toEqual({
      status: 200,
      body: {
        unit: 'c-1',
        segments: ['country=de'],
        variant: 'canary',
        useCase: { name: 'recommendations', version: 1 },
        ruleSet: { name: 'shop', version: 1 },
        model: { name: 'basket', version: 2 },
        propensity: 1,
        rolloutId: 'why',
        why: [
          expect.stringMatching(
            /^rollout why \(canary\): candidate, by share 10000 of country=de, eligible bucket \d+/,
          ),
        ],
      },
    });
    const { status: refused, body: problem } = await shop.get('/v1/route?unit=c-1');
    expect({ refused, code: problem.code, field: problem.field }).toEqual({
      refused: 422,
      code: 'QUERY_INVALID',
      field: 'useCase',
    });
  }, 60_000);

  it('keeps in who was in when the share grows', async () => {
    const step = (step: number) =>
      rollout({ id: 'ramp', stepsBps: [3_000, 8_000], salt: 'ramp', step, variant: `step-${step}` });
    want([step(0)]);
    await inForce(some('step-0'), 'the first step is drawn');
    const before = await variants();
    want([step(1)]);
    await inForce(some('step-1'), 'the second step is drawn');
    const after = await variants();
    for (const [id, variant] of before) if (variant === 'step-0') expect(after.get(id)).toBe('step-1');
    const tried = (drawn: ReadonlyMap<unknown, string>) => [...drawn.values()].filter((it) => it !== 'champion').length;
    expect(tried(after)).toBeGreaterThan(tried(before));
  }, 60_000);

  it('answers everybody when the canary breaks, ejects it at once and says so', async () => {
    want([rollout({ id: 'bad', salt: 'bad' })]);
    await inForce(some('canary'), 'the canary is drawn');
    broken = true;
    const told = await Promise.all(customers.map(ask));
    expect(told.every(({ items }) => items[0].sku === 'sugar' || items[0].sku === 'cream')).toBe(true);
    await inForce((drawn) => !some('canary')(drawn), 'nobody is sent to the canary any more');
    broken = false;
    expect((await shop.get('/metrics')).body).toContain('rollout_ejected{rollout="bad",variant="canary"} 1');
    await eventually(() => registry.verdicts.some((it) => it.rolloutId === 'bad'), 'the registry hears the verdict');
    expect(registry.verdicts.find((it) => it.rolloutId === 'bad')).toMatchObject({
      verdict: Verdict.BAD,
      source: 'app-gateway gateway-1',
      why: expect.stringContaining('went wrong'),
    });
    const { predictions } = await readLog(space.eventLogDir);
    const fell = predictions.filter(({ rolloutId, fallback }) => rolloutId === 'bad' && fallback === 'champion');
    expect(fell.length).toBeGreaterThan(5);
    expect(fell[0]).toMatchObject({ variant: 'canary', version: 2, status: PredictionStatus.FALLBACK });
    expect(fell[0]?.shown).not.toEqual([]);
  }, 60_000);

  it('holds nothing against a canary that the model server still loads, and the champion answers for it', async () => {
    loaded = false;
    want([rollout({ id: 'early', salt: 'early' })]);
    await inForce(some('canary'), 'the canary is drawn');
    for (let round = 0; round < 3; round++) await Promise.all(customers.map(ask));
    const [id] = [...(await variants())].find(([, variant]) => variant === 'canary') as [string, string];
    expect((await ask(id)).servedBy).toMatchObject({ variant: 'canary', version: 1, fallback: 'champion' });
    loaded = true;
    expect((await ask(id)).servedBy).toMatchObject({ variant: 'canary', version: 2, fallback: null });
    expect((await shop.get('/metrics')).body).toContain('rollout_ejected{rollout="early",variant="canary"} 0');
    expect(registry.verdicts.filter(({ rolloutId }) => rolloutId === 'early')).toEqual([]);
  }, 60_000);

  it('copies requests to a shadow that nobody sees, and measures how far it is off', async () => {
    want([rollout({ id: 'dark', kind: RolloutKind.SHADOW, variant: 'shadow', stepsBps: [10_000] })]);
    let predictionId = '';
    await eventually(async () => {
      ({ predictionId } = await ask('c-1'));
      return /shadows_total\{[^}]*outcome="answered"\} [1-9]/.test((await shop.get('/metrics')).body);
    }, 'a shadow answers');
    await eventually(async () => {
      const { predictions } = await readLog(space.eventLogDir);
      const both = predictions.filter((it) => it.predictionId === predictionId);
      return both.some(({ status, version, shown }) => {
        return status === PredictionStatus.SHADOW && version === 2 && shown.length === 0;
      });
    }, 'the shadow is logged under the same prediction');
    const { body } = await shop.get('/metrics');
    const told = (what: string) => Number(new RegExp(`shadow_rank_overlap_${what}\\{[^}]*\\} (.*)`).exec(body)?.[1]);
    expect(told('sum') / told('count')).toBeCloseTo(1 / 3); // of sugar, bread and butter, one is also in cream and bread
    expect((await ask('c-1')).servedBy.variant).toBe('champion');
  }, 60_000);

  it('holds rules on a shadow trial against the same answer, beside a shadow of the model, and shows neither', async () => {
    const share = { kind: RolloutKind.SHADOW, stepsBps: [10_000] };
    want([
      rollout({ id: 'dark', variant: 'model-2', ...share }),
      ofRules({ id: 'rules', variant: 'rules-2', ...share }),
    ]);
    let predictionId = '';
    await eventually(async () => {
      const { items, servedBy, ...told } = await ask('c-1');
      expect({ items: items.length, rules: servedBy.ruleSet.version }).toEqual({ items: 2, rules: 1 });
      ({ predictionId } = told);
      const { body } = await shop.get('/metrics');
      return body.includes('shadow_rank_overlap_count{use_case="recommendations",variant="rules-2"}');
    }, 'the rules are held against an answer');
    await eventually(async () => {
      const { predictions } = await readLog(space.eventLogDir);
      return predictions.filter((it) => it.predictionId === predictionId).length === 3;
    }, 'the answer and both shadows are logged');
    const { predictions } = await readLog(space.eventLogDir);
    const shadows = predictions.filter(
      (it) => it.predictionId === predictionId && it.status === PredictionStatus.SHADOW,
    );
    expect(shadows).toHaveLength(2);
    expect(shadows).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ variant: 'model-2', version: 2, ruleSetVersion: 1, shown: [], rolloutId: 'dark' }),
        expect.objectContaining({
          ...{ variant: 'rules-2', version: 1, ruleSetVersion: 2, rolloutId: 'rules' },
          ...{ shown: ['sugar'], firedRules: ['one'], propensity: 1 },
        }),
      ]),
    );
    const { body } = await shop.get('/metrics');
    const of = (what: string) =>
      Number(new RegExp(`shadow_rank_overlap_${what}\\{[^}]*variant="rules-2"\\} (.*)`).exec(body)?.[1]);
    expect(of('sum') / of('count')).toBeCloseTo(1 / 2); // of sugar and bread, sugar is left
    expect((await shop.get('/v1/route?useCase=recommendations&unit=c-1')).body.why).toEqual([
      'rollout dark may get a copy: it is a shadow',
      'rollout rules may get a copy: it is a shadow',
    ]);
  }, 60_000);

  it('never gives the holdout a model, and logs it as such', async () => {
    want([], { holdout: { shareBps: 1_000, salt: 'for ever' } });
    await inForce(some('holdout'), 'the holdout is in force');
    const held = [...(await variants())].find(([, variant]) => variant === 'holdout')?.[0] as string;
    const { items, servedBy } = await ask(held);
    expect({ fallback: servedBy.fallback, first: items[0].reasons[0].kind }).toEqual({
      fallback: 'best-sellers',
      first: 'best-seller',
    });
    const { predictions } = await readLog(space.eventLogDir);
    expect(predictions.findLast(({ unit }) => unit === held)).toMatchObject({
      variant: 'holdout',
      fallback: 'best-sellers',
      propensity: 0.1,
      rolloutId: '',
    });
    want([], { holdout: { shareBps: 1_000, salt: 'for ever', answer: 'nothing' } });
    await eventually(async () => (await ask(held)).items.length === 0, 'the holdout gets nothing');
  }, 60_000);

  it('tries rule sets too, and keeps what is in force when a candidate is not valid', async () => {
    want([ofRules({ id: 'r2' })]);
    const told = () => Promise.all(customers.map(ask));
    const two = ({ servedBy }: { servedBy: { ruleSet: { version: number } } }) => servedBy.ruleSet.version === 2;
    await eventually(async () => (await told()).some(two), 'the rule set is drawn');
    const { items, servedBy } = (await told()).find(two);
    expect({ items: items.length, variant: servedBy.variant, version: servedBy.version }).toEqual({
      items: 1,
      variant: 'canary',
      version: 1,
    });
    want([ofRules({ id: 'r3', candidate: 3 })]);
    await eventually(async () => !(await told()).some(two), 'nobody gets a rule set of that rollout');
    expect((await shop.get('/readyz')).body.faults).toEqual([
      { subject: 'rule-set shop 3', why: expect.stringContaining('rules[0].action') },
    ]);
  }, 60_000);
});

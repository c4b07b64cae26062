import { randomUUID } from 'node:crypto';
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Client } from '@connectrpc/connect';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  RolloutKind,
  RolloutMove,
  RolloutState,
  Verdict,
  type RegistryService,
  type Rollout,
  type StartRolloutRequestSchema,
  type WantedState,
} from '@vinaigrette/contracts/registry';
import { describeWith } from '../../../tools/real-part.mjs';
import { eventually, refusal, register, Workbench } from './running-registry.js';
import { tinyFiles } from './tiny-model.js';

const by = { actor: 'test', reason: 'because' };
const { RUNNING, PAUSED, COMPLETED, ABORTED } = RolloutState;

describeWith('PostgreSQL', 'DATABASE_URL', 'rollouts', () => {
  let bench: Workbench;
  let client: Client<typeof RegistryService>;
  let subject: { kind: string; name: string };
  let versions = 0;
  beforeAll(async () => {
    bench = await Workbench.open();
    client = await bench.start({ ROLLOUT_STEP_POLL_MS: '50', WANTED_STATE_POLL_MS: '3600000' }).client();
  }, 60_000);
  afterAll(() => bench?.close());

  // A rule set of three versions for each test, of which champion names the first.
  beforeEach(async () => {
    subject = { kind: 'rule-set', name: `rules-${++versions}` };
    for (const cap of [1, 2, 3]) await put(cap);
    await set(1);
  });

  const put = (items: number) =>
    client.putDocument({
      ...subject,
      bodyJson: JSON.stringify({ rules: [{ id: 'few', action: 'cap', items }] }),
      actor: 'test',
    });
  const set = (version: number) => client.setAlias({ subject, alias: 'champion', version, ...by });
  const start = async (more: MessageInitShape<typeof StartRolloutRequestSchema> = {}) => {
    const request = { subject, candidate: 2, kind: RolloutKind.CANARY, ...by, ...more };
    return (await client.startRollout(request as MessageInitShape<typeof StartRolloutRequestSchema>))
      .rollout as Rollout;
  };
  const change = (id: string, move: RolloutMove) => client.changeRollout({ id, move, ...by });
  const read = async (id: string) =>
    (await client.listRollouts({ subject })).rollouts.find((one) => one.id === id) as Rollout;
  const wanted = async (): Promise<WantedState> => {
    for await (const { state } of client.watch({})) return state as WantedState;
    throw new Error('the watch ended');
  };
  const wantedDocument = async () => (await wanted()).documents.find(({ name }) => name === subject.name);
  const holder = async () => (await client.getDocument({ ...subject, version: 'champion' })).document?.version;
  const report = (
    rolloutId: string,
    step: number,
    requests: number,
    more: Record<string, bigint> = {},
    gatewayId = 'gateway-1',
  ) =>
    client.reportRolloutCounts({
      rolloutId,
      gatewayId,
      processId: 'p1',
      step,
      candidate: { requests: BigInt(requests), ...more },
      control: { requests: BigInt(requests) },
    });

  it('begins at its first share, beside the holder, and is wanted where the candidate must be served', async () => {
    const rollout = await start();
    expect(rollout).toMatchObject({
      subject,
      alias: 'champion',
      candidate: 2,
      control: 1,
      variant: 'canary',
      stepsBps: [100, 500, 2_500, 5_000, 10_000],
      step: 0,
      state: RUNNING,
      ...by,
      salt: expect.stringMatching(/^[0-9a-f]{32}$/),
      changes: [{ state: RUNNING, step: 0, ...by }],
    });
    const state = await wanted();
    expect(state.rollouts.find(({ id }) => id === rollout.id)).toMatchObject({ salt: rollout.salt, changes: [] });
    expect((await wantedDocument())?.versions.map(({ version }) => version)).toEqual([2, 1]);
    expect(await refusal(start({ candidate: 3 }))).toMatchObject({ status: 'Aborted', code: 'ROLLOUT_ACTIVE' });
  });

  it('is told to watchers by a notice at each move, keeps all of them, and ends with the alias', async () => {
    const told: string[] = [];
    const leave = new AbortController();
    void (async () => {
      for await (const { state } of client.watch({}, { signal: leave.signal })) {
        const one = state?.rollouts.find(({ subject: of }) => of?.name === subject.name);
        told.push(one ? `${RolloutState[one.state]} ${one.step}` : 'none');
      }
    })().catch(() => undefined);
    await eventually(() => expect(told).toEqual(['none']));
    const { id } = await start({ stepsBps: [1_000, 10_000] });
    for (const [move, now] of [
      [RolloutMove.PAUSE, 'PAUSED 0'],
      [RolloutMove.RESUME, 'RUNNING 0'],
      [RolloutMove.ADVANCE, 'RUNNING 1'],
      [RolloutMove.ADVANCE, 'none'],
    ] as const) {
      await change(id, move);
      await eventually(() => expect(told.at(-1)).toBe(now));
    }
    leave.abort();
    expect(await holder()).toBe(2);
    expect((await wantedDocument())?.previous).toEqual({ champion: 1 });
    const { state, changes } = await read(id);
    expect(state).toBe(COMPLETED);
    expect(changes.map((one) => [one.state, one.step])).toEqual([
      [RUNNING, 0],
      [PAUSED, 0],
      [RUNNING, 0],
      [RUNNING, 1],
      [COMPLETED, 1],
    ]);
    expect(await refusal(change(id, RolloutMove.ABORT))).toMatchObject({ code: 'ROLLOUT_ENDED' });
    expect(await client.listRollouts({ subject, active: true })).toMatchObject({ rollouts: [] });
  }, 60_000);

  it('serves models that are tried, and the predecessor of a champion', async () => {
    for (const card of ['1', '2', '3']) await register(client, 'tried', tinyFiles({ 'card.json': card }));
    const model = { kind: 'model', name: 'tried' };
    for (const version of [1, 2]) await client.setAlias({ subject: model, alias: 'champion', version, ...by });
    await start({ subject: model, candidate: 3 });
    const [tried] = (await wanted()).models;
    expect(tried?.versions.map(({ version }) => version)).toEqual([3, 2, 1]);
    expect(tried?.previous).toEqual({ champion: 1 });
  }, 60_000);

  it('ends when its alias is moved by hand: completed by its candidate, aborted by any other', async () => {
    const first = await start();
    await set(2);
    expect(await read(first.id)).toMatchObject({ state: COMPLETED, reason: expect.stringContaining('by hand') });
    const second = await start({ candidate: 3 });
    await client.rollBackAlias({ subject, alias: 'champion', ...by });
    expect(await read(second.id)).toMatchObject({ state: ABORTED });
    expect(await holder()).toBe(1);
  });

  it('rolls an alias back once, however often that is called', async () => {
    await set(2);
    await set(3);
    const back = () => client.rollBackAlias({ subject, alias: 'champion', expected: 3, ...by });
    const answers = await Promise.all(Array.from({ length: 20 }, back));
    expect(new Set(answers.map(({ revision }) => revision)).size).toBe(1);
    expect(answers[0]?.change).toMatchObject({ from: 3, to: 2, rolledBack: true });
    expect((await wantedDocument())?.previous).toEqual({ champion: 1 });
    await client.rollBackAlias({ subject, alias: 'champion', ...by });
    expect(await holder()).toBe(1);
    expect(await refusal(client.rollBackAlias({ subject, alias: 'champion', ...by }))).toMatchObject({
      status: 'Aborted',
      code: 'PREVIOUS_VERSION_MISSING',
    });
  });

  it('heeds verdicts: a hold pauses, a bad one aborts, and each is kept with its evidence', async () => {
    const { id } = await start();
    const say = (verdict: Verdict, why: string) =>
      client.reportVerdict({ rolloutId: id, verdict, source: 'drift-monitor', why, evidenceJson: '{"psi":0.4}' });
    expect((await say(Verdict.GOOD, 'quiet')).rollout?.state).toBe(RUNNING);
    expect((await say(Verdict.GOOD, 'still quiet')).rollout?.changes).toHaveLength(2); // the same again is not kept
    expect((await say(Verdict.HOLD, 'odd')).rollout?.state).toBe(PAUSED);
    expect((await say(Verdict.BAD, 'plainly worse')).rollout).toMatchObject({
      state: ABORTED,
      reason: 'plainly worse',
      actor: 'drift-monitor',
    });
    const { changes } = await read(id);
    expect(changes.at(-1)).toMatchObject({ verdict: Verdict.BAD, evidenceJson: '{"psi":0.4}' });
    expect(await holder()).toBe(1);
  });

  it('steps by itself once time and samples allow, to the end', async () => {
    const { id } = await start({ stepsBps: [1_000, 10_000], stepMs: 1n, samplesMin: 100 });
    await report(id, 0, 60);
    await report(id, 0, 39, {}, 'gateway-2');
    expect(await read(id)).toMatchObject({ step: 0, state: RUNNING });
    await report(id, 0, 40, {}, 'gateway-2');
    await eventually(async () => expect(await read(id)).toMatchObject({ step: 1 }));
    expect((await read(id)).reason).toContain('100 predictions');
    await report(id, 1, 100);
    await eventually(async () => expect(await read(id)).toMatchObject({ state: COMPLETED, actor: 'registry' }));
    expect(await holder()).toBe(2);
  }, 60_000);

  it('aborts at once when all gateways together have seen enough failures, though none alone has', async () => {
    const { id } = await start({ stepsBps: [1_000, 10_000], stepMs: 1n, samplesMin: 1_000 });
    const gateways = Array.from({ length: 10 }, (_, index) => `gateway-${index}`);
    const failed = (gateway: string) => report(id, 0, 10, { errors: 6n }, gateway);
    expect((await failed('gateway-0')).rollout?.state).toBe(RUNNING);
    await Promise.all(gateways.map(failed));
    const aborted = await read(id);
    expect(aborted).toMatchObject({
      state: ABORTED,
      actor: 'registry',
      reason: expect.stringContaining('errors 60.0 %'),
    });
    expect(aborted.changes.filter(({ verdict }) => verdict === Verdict.BAD)).toHaveLength(1);
    expect(JSON.parse(aborted.changes.at(-1)?.evidenceJson ?? '')).toMatchObject({ rate: 'errors' });
    expect(await holder()).toBe(1);
  });

  it('takes counts that only grow, of each process of each gateway, whatever order they arrive in', async () => {
    const { id } = await start();
    for (const requests of [10, 30, 20]) await report(id, 0, requests);
    await report(id, 0, 5, {}, 'gateway-2');
    const [sum] = await bench.query<{ requests: string }>(
      "SELECT sum(requests) AS requests FROM registry.rollout_count WHERE rollout_id = $1 AND side = 'candidate'",
      [id],
    );
    expect(sum?.requests).toBe('35');
    await change(id, RolloutMove.ABORT);
    expect((await report(id, 0, 1_000)).rollout?.state).toBe(ABORTED); // told, and no longer counted
  });

  it('lets one of fifty who race start, and one move', async () => {
    const starts = await Promise.all(Array.from({ length: 50 }, () => refusal(start())));
    expect(starts.filter((answer) => answer === undefined)).toHaveLength(1);
    expect(new Set(starts.map((answer) => answer?.code))).toEqual(new Set([undefined, 'ROLLOUT_ACTIVE']));
    const [rollout] = (await client.listRollouts({ subject })).rollouts;
    await Promise.all(Array.from({ length: 50 }, () => change(rollout?.id as string, RolloutMove.COMPLETE)));
    const { changes } = await client.listAliasChanges({ subject });
    expect(changes.map(({ from, to }) => [from, to])).toEqual([
      [1, 2],
      [0, 1],
    ]);
  }, 60_000);

  describe('refuses', () => {
    const unknown = randomUUID();
    it.each([
      { what: 'an unknown rollout', call: () => change(unknown, RolloutMove.PAUSE), code: 'ROLLOUT_NOT_FOUND' },
      { what: 'what is no id', call: () => change("x' OR 1=1", RolloutMove.PAUSE), code: 'ROLLOUT_NOT_FOUND' },
      { what: 'a candidate there is not', call: () => start({ candidate: 9 }), code: 'DOCUMENT_NOT_FOUND' },
      { what: 'the holder as candidate', call: () => start({ candidate: 1 }), code: 'BODY_INVALID' },
      { what: 'counts of an unknown rollout', call: () => report(unknown, 0, 1), code: 'ROLLOUT_NOT_FOUND' },
      { what: 'a step there is not', call: async () => report((await start()).id, 9, 1), code: 'BODY_INVALID' },
      {
        what: 'more errors than requests',
        call: async () => report((await start()).id, 0, 1, { errors: 2n }),
        code: 'BODY_INVALID',
      },
      {
        what: 'evidence that is no JSON',
        call: async () =>
          client.reportVerdict({
            rolloutId: (await start()).id,
            verdict: Verdict.GOOD,
            source: 's',
            why: 'w',
            evidenceJson: '{',
          }),
        code: 'BODY_INVALID',
      },
    ])('$what: $code', async ({ call, code }) => {
      expect(await refusal(call())).toMatchObject({ code });
    });

    it('in the database itself to change the history', async () => {
      await start();
      await expect(bench.query('DELETE FROM registry.rollout_change')).rejects.toThrow('append-only');
    });
  });
});

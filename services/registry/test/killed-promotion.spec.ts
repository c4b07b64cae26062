import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { RolloutKind, RolloutState, type WantedState } from '@vinaigrette/contracts/registry';
import { describeWith } from '../../../tools/real-part.mjs';
import { refusal, register, Workbench, type RunningRegistry } from './running-registry.js';
import { tinyBaseline, tinyFiles } from './tiny-model.js';
import { Wiretap, type Breakpoint } from './wiretap.js';

const MODEL = 'negation';
const subject = { kind: 'model', name: MODEL };
const by = { actor: 'ana', reason: 'July sales' };
/** Nothing but the promotion asks the database anything that could be taken for it. */
const QUIET = { WANTED_STATE_POLL_MS: '3600000', ROLLOUT_STEP_POLL_MS: '3600000', ARTIFACT_CHECK_MS: '3600000' };
const KEEPS = /INSERT INTO "?registry"?\."?(alias_change|promotion_verdict)/;
/** Of a kill at a statement that only reads there is nothing more to see than of one at the next that writes. */
const WRITES = /^(INSERT|UPDATE|DELETE|WITH|SELECT pg_notify|COMMIT)/;

describeWith('PostgreSQL', 'DATABASE_URL', 'a registry killed at each writing statement of a promotion', () => {
  let bench: Workbench;
  let wiretap: Wiretap;
  let registry: RunningRegistry;
  beforeAll(async () => {
    bench = await Workbench.open();
    wiretap = await Wiretap.to(bench.databaseUrl);
    registry = start();
    const client = await registry.client();
    for (const card of ['1', '2', '3']) {
      await register(client, MODEL, tinyFiles({ 'card.json': card, 'baseline.json': tinyBaseline }));
    }
    const policy = { kind: 'promotion-policy', name: MODEL };
    await client.putDocument({ ...policy, bodyJson: '{}', actor: 'ana' });
    await client.setAlias({ subject: policy, alias: 'champion', version: 1, ...by });
    await client.setAlias({ subject, alias: 'champion', version: 1, ...by });
    // Nobody answers there: what is told stays in the outbox, where it can be counted.
    await client.addWebhook({ url: 'https://192.0.2.1/told', types: ['alias.moved', 'rollout.changed'], actor: 'ana' });
  }, 120_000);
  afterAll(async () => {
    await bench?.close();
    wiretap?.close();
  });

  const start = () => bench.start({ ...QUIET, DATABASE_URL: wiretap.databaseUrl });
  const promote = async (from: number, to: number) => {
    const client = await registry.client();
    return refusal(client.setAlias({ subject, alias: 'champion', version: to, expected: from, ...by }));
  };
  /** A trial of the third version against the holder, which every promotion of the others ends. */
  const tryOut = async () => {
    const client = await registry.client();
    const { rollouts } = await client.listRollouts({ subject, active: true });
    if (rollouts.length > 0) return;
    await client.startRollout({ subject, candidate: 3, kind: RolloutKind.SHADOW, stepsBps: [1_000], ...by });
  };

  it('is before it or after it, in every table, and tells its watchers the same once it is back', async () => {
    await tryOut();
    wiretap.transactions.length = 0;
    expect(await promote(1, 2)).toBeUndefined();
    const transactions = wiretap.transactions.filter((statements) => statements.some((text) => KEEPS.test(text)));
    expect(transactions).toHaveLength(2); // the verdict, which is kept whatever follows, and the move
    const breakpoints = transactions.flatMap((transaction): Breakpoint[] => [
      ...transaction.flatMap((text, statement) =>
        WRITES.test(text) ? [{ transaction, statement, when: 'before' as const }] : [],
      ),
      { transaction, statement: transaction.length - 1, when: 'after' },
    ]);
    expect(breakpoints.length).toBeGreaterThan(10);

    let [holder, other] = [2, 1];
    for (const breakpoint of breakpoints) {
      await tryOut();
      const before = await written();
      const killed = registry;
      wiretap.breakAt(breakpoint, () => void killed.process.kill('SIGKILL'));
      expect(await promote(holder, other)).toBeDefined();
      await killed.exited;
      const after = await written();
      const committed = breakpoint.when === 'after' && breakpoint.transaction === transactions[1];
      const at = `${breakpoint.when} ${breakpoint.transaction[breakpoint.statement]}`;
      if (committed) [holder, other] = [other, holder];
      expect({ at, ...after }).toEqual({
        at,
        holder,
        moves: before.moves + (committed ? 1 : 0),
        lastMove: holder,
        trials: committed ? 0 : 1,
        told: before.told + (committed ? 2 : 0), // that the alias moved, and that the trial ended
        audited: before.audited + (committed ? 1 : 0),
        revision: committed ? expect.any(Number) : before.revision,
      });
      registry = start();
      expect(await watched()).toEqual({
        revision: BigInt(after.revision),
        holder,
        trials: committed ? [] : [RolloutState.RUNNING],
      });
    }
    expect([holder, other]).toEqual([1, 2]); // the last one, and no other, was committed
    expect(await promote(1, 2)).toBeUndefined();
    console.log(`${breakpoints.length} kills at the writing statements of a promotion: each before it or after it`);
  }, 600_000);

  async function written() {
    const [row] = await bench.query<Record<string, number>>(
      `SELECT (SELECT version FROM registry.alias WHERE kind = 'model') AS holder,
         (SELECT count(*)::integer FROM registry.alias_change WHERE kind = 'model') AS moves,
         (SELECT to_version FROM registry.alias_change WHERE kind = 'model' ORDER BY id DESC LIMIT 1) AS "lastMove",
         (SELECT count(*)::integer FROM registry.rollout WHERE state = 'running') AS trials,
         (SELECT count(*)::integer FROM registry.webhook_delivery
          WHERE type = 'alias.moved' OR body_json::json->'data'->>'state' <> 'running') AS told,
         (SELECT count(*)::integer FROM registry.audit WHERE (method, outcome) = ('SetAlias', 'ok')) AS audited,
         (SELECT revision::double precision FROM registry.wanted_revision) AS revision`,
    );
    return row as Record<'holder' | 'moves' | 'lastMove' | 'trials' | 'told' | 'audited' | 'revision', number>;
  }

  /** The first state that a watcher of the registry is told. */
  async function watched() {
    const client = await registry.client();
    for await (const { state } of client.watch({})) {
      const { revision, models, rollouts } = state as WantedState;
      return { revision, holder: models[0]?.aliases.champion, trials: rollouts.map((rollout) => rollout.state) };
    }
    return undefined;
  }
});

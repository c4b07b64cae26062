import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { create, toBinary } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import { connectNodeAdapter } from '@connectrpc/connect-node';
import { OutcomeSchema, PredictionSchema, PredictionStatus } from '@vinaigrette/contracts/events';
import { RegistryService, RolloutState, Verdict, WantedStateSchema } from '@vinaigrette/contracts/registry';
import { createLogger } from '@vinaigrette/edge';
import { grpcTransport } from '@vinaigrette/edge/connect';
import type { DataSource } from 'typeorm';
import { describeWith } from '../../../tools/real-part.mjs';
import { ActOnPerformance } from '../src/act-on-performance.js';
import { ArchiveFiles } from '../src/adapters/archive/archive-files.js';
import { ParquetArchive } from '../src/adapters/archive/parquet-archive.js';
import { Database } from '../src/adapters/postgres/database.js';
import { PostgresActions } from '../src/adapters/postgres/postgres-actions.js';
import { PostgresPages } from '../src/adapters/postgres/postgres-pages.js';
import { PostgresWantedState } from '../src/adapters/postgres/postgres-wanted-state.js';
import { ConnectRegistryActions } from '../src/adapters/registry/connect-registry-actions.js';
import { ArchiveEvents } from '../src/archive-events.js';
import { CarryOutActions } from '../src/carry-out-actions.js';
import { PANE_MS } from '../src/domain/pane.js';
import { KnownVersions } from '../src/known-versions.js';
import { MeasurePerformance } from '../src/measure-performance.js';
import { MonitorMetrics } from '../src/metrics.js';
import { PageHeldRollouts } from '../src/page-held-rollouts.js';
import { WantedNow } from '../src/wanted-now.js';
import { createTestDatabase, type TestDatabase } from './database.js';
import { monitorParts } from './parts.js';
import { recordsOf } from './shop.js';

const start = Date.UTC(2026, 10, 21, 10);
const HOUR_MS = 12 * PANE_MS;
const logger = createLogger('test', 'silent');

describeWith('PostgreSQL', 'DATABASE_URL', 'acting', () => {
  let database: TestDatabase;
  let [one, two]: DataSource[] = [];
  let dir: string;
  let archive: ParquetArchive;

  /** Version 2 shows what nobody wants; versions 1 and 3 what everybody does. */
  beforeAll(async () => {
    database = await createTestDatabase();
    [one, two] = [await database.connect(), await database.connect()];
    dir = await mkdtemp(join(tmpdir(), 'vinaigrette-archive-'));
    archive = new ParquetArchive(new Database(one), new ArchiveFiles(dir));
    const { known } = monitorParts(one, { now: () => start });
    const events = new ArchiveEvents(archive, known, { recordsMax: 10_000, ageMsMax: 0 }, () => start + HOUR_MS);
    const visits = [1, 2, 3].flatMap((version) =>
      Array.from({ length: 60 }, (_, index) => ({ version, id: `${version}-${index}` })),
    );
    const predicted = visits.map(({ version, id }) => {
      const fields = {
        predictionId: id,
        occurredAtMs: BigInt(start - 1_000),
        model: 'basket',
        version,
        shown: [version === 2 ? 'dust' : 'milk'],
      };
      return toBinary(PredictionSchema, create(PredictionSchema, { ...fields, status: PredictionStatus.ANSWERED }));
    });
    const bought = visits.map(({ id }) => {
      const fields = {
        outcomeId: id,
        predictionId: id,
        occurredAtMs: BigInt(start - 500),
        kind: 'purchased',
        skus: ['milk'],
      };
      return toBinary(OutcomeSchema, create(OutcomeSchema, fields));
    });
    await events.consume({ topic: 'predictions', partition: '0', records: recordsOf(predicted) });
    await events.consume({ topic: 'outcomes', partition: '0', records: recordsOf(bought) });
    await events.flush(true);
  }, 60_000);
  afterAll(async () => {
    await database.drop();
    await rm(dir, { recursive: true });
  }, 60_000);
  beforeEach(async () => {
    const tables = ['page', 'page_delivery', 'guard_memory', 'action', 'alert', 'wanted_state'];
    await one!.query(`TRUNCATE ${tables.map((table) => `drift_monitor.${table}`).join(', ')}`);
  });

  /** What the registry wants: who is champion, who was, which rollouts, and how the promise is kept. */
  const wantedState = (champion: number, options: { action?: string; candidate?: number; windows?: number } = {}) => {
    const { action = 'act', candidate, windows = 3 } = options;
    const guard = { measure: 'hitRateAt5', floor: 0.5, labelledMin: 50, windowMs: HOUR_MS, windows, action };
    const body = { model: 'basket', task: { kind: 'ranking' }, guard };
    return create(WantedStateSchema, {
      revision: 1n,
      models: [{ name: 'basket', aliases: { champion }, previous: { champion: 1 } }],
      documents: [
        {
          kind: 'performance',
          name: 'basket',
          aliases: { champion: 1 },
          versions: [{ version: 1, bodyJson: JSON.stringify(body) }],
        },
      ],
      rollouts:
        candidate === undefined ? [] : [{ id: 'r-1', subject: { kind: 'model', name: 'basket' }, candidate, step: 1 }],
    });
  };
  async function monitor(
    state: ReturnType<typeof wantedState>,
    { pool = one!, dryRun = false, registry = '127.0.0.1:1' } = {},
  ) {
    const sql = new Database(pool);
    const actions = new PostgresActions(sql, ['webhook']);
    const wanted = new WantedNow(new PostgresWantedState(sql), logger);
    await wanted.take(state);
    const metrics = new MonitorMetrics(new KnownVersions());
    const performance = new MeasurePerformance(new ParquetArchive(sql, new ArchiveFiles(dir)), () => start);
    return {
      acting: new ActOnPerformance(actions, performance, wanted, metrics, dryRun),
      metrics,
      carryOut: new CarryOutActions(
        actions,
        new ConnectRegistryActions(grpcTransport(registry, { key: undefined, tls: undefined })),
        logger,
      ),
      pages: new PostgresPages(sql, ['webhook']),
      actions,
      wanted,
    };
  }
  /** The registry's side over real gRPC: no service may import another, not even to test. */
  async function registry() {
    const calls: unknown[] = [];
    const server = createServer(
      connectNodeAdapter({
        routes: (router) =>
          router.service(RegistryService, {
            rollBackAlias: ({ subject, alias, expected, actor, reason }) => {
              calls.push({ name: subject?.name, alias, expected, actor, reason });
              if (calls.length > 1) throw new ConnectError('champion moved', Code.Aborted);
              return { change: { from: 2, to: 1 } };
            },
            reportVerdict: ({ rolloutId, verdict, source, evidenceJson }) => {
              calls.push({ rolloutId, verdict, source, evidence: JSON.parse(evidenceJson) as unknown });
              return { rollout: { id: rolloutId, state: 4 } };
            },
          }),
      }),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const sessions = new Set<ServerHttp2Session>();
    server.on('session', (session) => sessions.add(session));
    const close = async () => {
      for (const session of sessions) session.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    };
    return { calls, close, address: `127.0.0.1:${(server.address() as AddressInfo).port}` };
  }
  const panes = async (acting: ActOnPerformance, count: number, from = start) => {
    for (let pane = 0; pane < count; pane++) await acting.run(from + pane * PANE_MS);
  };

  it('takes a champion back that is proved bad, once, after as many windows as were said', async () => {
    const away = await monitor(wantedState(2));
    await panes(away.acting, 2);
    expect([await away.actions.list(''), await away.pages.list('')]).toEqual([[], []]);
    // Two monitors judge the third pane: it counts once.
    const other = await monitor(wantedState(2), { pool: two! });
    await Promise.all([away.acting.run(start + 2 * PANE_MS), other.acting.run(start + 2 * PANE_MS)]);
    expect(await away.pages.list('')).toMatchObject([
      {
        name: 'PerformanceDrop',
        version: 2,
        severity: 'critical',
        description: expect.stringMatching(/^hitRateAt5 0 to 0\.0\d+ \(n 60\), worse than 0\.5, in 3 windows/),
      },
    ]);
    expect(await away.actions.list('')).toMatchObject([
      {
        key: 'roll-back basket 2',
        state: 'decided',
        evidence: { document: 'basket 1', windows: 3, measured: { coverage: { labelled: 60 } } },
      },
    ]);
    const told = await Promise.all([away, other].map(({ metrics }) => metrics.rollBacks.get()));
    const counted = told.flatMap(({ values }) => values).map(({ value, labels }) => [labels.reason, value]);
    expect(counted).toEqual([['hitRateAt5', 1]]);
    expect((await away.metrics.labelCoverage.get()).values).toMatchObject([{ value: 1, labels: { model: 'basket' } }]);
    await expect(away.carryOut.run()).rejects.toThrow();
    expect(await away.actions.list('')).toMatchObject([{ state: 'decided' }]);

    const { calls, close, address } = await registry();
    try {
      const [a, b] = [
        await monitor(wantedState(2), { registry: address }),
        await monitor(wantedState(2), { registry: address, pool: two! }),
      ];
      await Promise.all([a.carryOut.run(), b.carryOut.run()]);
      expect(calls).toEqual([
        {
          name: 'basket',
          alias: 'champion',
          expected: 2,
          actor: 'drift-monitor',
          reason: expect.stringContaining('hitRateAt5'),
        },
      ]);
      expect(await a.actions.list('basket')).toMatchObject([{ state: 'done', answer: 'basket champion: 2 -> 1' }]);
      // Somebody wants version 2 again: it is paged for, and not taken back a second time.
      await panes(a.acting, 6, start + 3 * PANE_MS);
      await a.carryOut.run();
      expect([calls.length, (await a.actions.list('')).length]).toEqual([1, 1]);
    } finally {
      await close();
    }
  }, 60_000);

  it('keeps what the registry refuses, and does not ask again', async () => {
    const { calls, close, address } = await registry();
    try {
      calls.push('an earlier one');
      const { acting, carryOut, actions } = await monitor(wantedState(2), { registry: address });
      await panes(acting, 3);
      await carryOut.run();
      await carryOut.run();
      expect(await actions.list('')).toMatchObject([{ state: 'refused', answer: 'champion moved' }]);
      expect(calls).toHaveLength(2);
    } finally {
      await close();
    }
  }, 60_000);

  it.each([
    {
      why: 'the document says dry-run',
      state: wantedState(2, { action: 'dry-run' }),
      dryRun: false,
      states: ['dry-run'],
      pages: 1,
    },
    { why: 'the monitor is told to', state: wantedState(2), dryRun: true, states: ['dry-run'], pages: 1 },
    { why: 'the document only pages', state: wantedState(2, { action: 'page' }), dryRun: false, states: [], pages: 1 },
    { why: 'the champion keeps its promise', state: wantedState(3), dryRun: false, states: [], pages: 0 },
    { why: 'nothing is labelled', state: wantedState(9), dryRun: false, states: [], pages: 0 },
  ])(
    'does nothing when $why',
    async ({ state, dryRun, states, pages }) => {
      const parts = await monitor(state, { dryRun });
      await panes(parts.acting, 4);
      await parts.carryOut.run();
      expect((await parts.actions.list('')).map((action) => action.state)).toEqual(states);
      expect(await parts.pages.list('')).toHaveLength(pages);
    },
    60_000,
  );

  it('tells a rollout what became of its candidate; drift of its inputs only holds it', async () => {
    const { calls, close, address } = await registry();
    try {
      const bad = await monitor(wantedState(3, { candidate: 2, windows: 2 }), { registry: address });
      await panes(bad.acting, 4);
      await bad.carryOut.run();
      expect(calls).toMatchObject([
        { rolloutId: 'r-1', verdict: Verdict.BAD, source: 'drift-monitor', evidence: { coverage: { labelled: 60 } } },
      ]);
      const good = await monitor(wantedState(3, { candidate: 1 }), { registry: address });
      const memory = '{}';
      const verdict = JSON.stringify({ state: 'FIRING', severity: 'critical', why: '', features: [] });
      await one!.query(
        'INSERT INTO drift_monitor.alert (model, version, verdict, since_ms, judged_to_ms, memory) VALUES ($1, $2, $3, 0, 0, $4)',
        ['basket', 1, verdict, memory],
      );
      await panes(good.acting, 3, start + 4 * PANE_MS);
      await good.carryOut.run();
      expect(calls.slice(1)).toMatchObject([{ verdict: Verdict.GOOD }, { verdict: Verdict.HOLD, evidence: {} }]);
      expect((await good.actions.list('')).map(({ state }) => state)).toEqual(['done', 'done', 'done']);
    } finally {
      await close();
    }
  }, 60_000);

  it('goes on by the last wanted state when the registry is away', async () => {
    await monitor(wantedState(2));
    const wanted = new WantedNow(new PostgresWantedState(new Database(one!)), logger);
    await wanted.recall();
    expect(wanted.documents('performance')).toMatchObject([{ name: 'basket', version: 1 }]);
    expect(wanted.model('basket')?.aliases.champion).toBe(2);
  });

  it('pages while a gateway holds a rollout whose sides are not as drawn, and not for what people pause', async () => {
    const { actions, pages, wanted } = await monitor(wantedState(2));
    const held = new PageHeldRollouts(actions, pages, wanted);
    const rollout = (candidate: number, state: RolloutState, actor: string, kind = 'model') => ({
      id: `r-${candidate}`,
      subject: { kind, name: kind === 'model' ? 'basket' : 'shop' },
      candidate,
      variant: 'canary',
      state,
      actor,
      reason: 'chi-square 40.1',
      changedAtMs: BigInt(start),
    });
    const judge = async (...rollouts: ReturnType<typeof rollout>[]) => {
      await wanted.take(create(WantedStateSchema, { revision: 2n, rollouts }));
      await held.run(start + 1_000);
      const open = (await pages.list('')).filter(({ name, endedMs }) => name === 'RolloutHeld' && !endedMs);
      return open.map(({ model, version, description }) => ({ model, version, description }));
    };
    const [gateway, { PAUSED, RUNNING }] = ['app-gateway gateway-1', RolloutState];
    const description = 'app-gateway gateway-1 paused canary: chi-square 40.1';
    expect(await judge(rollout(3, RUNNING, gateway), rollout(4, PAUSED, 'ann'))).toEqual([]);
    const both = [rollout(3, PAUSED, gateway), rollout(7, PAUSED, gateway, 'rule-set')];
    for (const look of [await judge(...both), await judge(...both)]) {
      expect(look).toHaveLength(2);
      expect(look).toEqual(
        expect.arrayContaining([
          { model: 'basket', version: 3, description },
          { model: 'rule-set/shop', version: 7, description },
        ]),
      );
    }
    expect(await judge(rollout(3, RUNNING, 'ann'), rollout(7, PAUSED, gateway, 'rule-set'))).toMatchObject([
      { version: 7 },
    ]);
    expect(await judge()).toEqual([]);
  });
});

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { toJson } from '@bufbuild/protobuf';
import { createClient } from '@connectrpc/connect';
import { createConnectTransport, createGrpcTransport } from '@connectrpc/connect-node';
import { AlertState, DriftMapSchema, DriftMonitorService } from '@vinaigrette/contracts/monitor';
import { openEventLogWriter, type EventLogWriter } from '@vinaigrette/event-log';
import { describeWith } from '../../../tools/real-part.mjs';
import { createTestDatabase, type TestDatabase } from './database.js';
import { eventually, MonitorProcess } from './monitor-process.js';
import { RegistryStandIn } from './registry-stand-in.js';
import { baseline, chance, oracle, outcome, predictions } from './shop.js';

const HOUR_MS = 60 * 60 * 1_000;
const fromMs = Date.UTC(2011, 6, 1);
const toMs = fromMs + HOUR_MS;
const week = `from=2011-07-01&to=${toMs}`;
const baselineJson = JSON.stringify(baseline);

describeWith('PostgreSQL', 'DATABASE_URL', 'the monitor as a process', () => {
  let database: TestDatabase;
  let registry: RegistryStandIn;
  let address: string;
  let dir: string;
  let writer: EventLogWriter;
  const monitors: MonitorProcess[] = [];

  beforeEach(async () => {
    database = await createTestDatabase();
    registry = new RegistryStandIn();
    address = await registry.listen();
    dir = await mkdtemp(join(tmpdir(), 'vinaigrette-monitor-'));
    writer = openEventLogWriter({ dir, gatewayId: 'gateway-1', segmentBytesMax: 40_000 });
  }, 60_000);
  afterEach(async () => {
    for (const monitor of monitors.splice(0)) await monitor.end('SIGKILL');
    await writer.close();
    await registry.close();
    await rm(dir, { recursive: true });
    await database.drop();
  }, 60_000);

  const start = async (more: Record<string, string> = {}) => {
    const environment = { DATABASE_URL: database.url, REGISTRY_ADDRESS: address, EVENT_LOG_DIR: dir, ...more };
    const monitor = await MonitorProcess.start(environment);
    monitors.push(monitor);
    return monitor;
  };
  const log = (bodies: Uint8Array[]) => bodies.forEach((body) => writer.append('predictions', 'customer', body));
  /** Waits for so many predictions, then compares every figure with the oracle's. */
  const expectOracle = async (monitor: MonitorProcess, bodies: Uint8Array[]) => {
    const expected = oracle(bodies, fromMs, toMs);
    await eventually(async () => {
      const { body } = await monitor.get(`/v1/drift?model=basket&${week}`);
      expect(body.predictions).toBe(String(expected.predictions));
    });
    const { body } = await monitor.get(`/v1/drift?model=basket&${week}`);
    expect(body.fallbacks).toBe(String(expected.fallbacks));
    expect(body.features).toMatchObject(
      expected.features.map(({ name, count, missing, unseen, measured }) => ({
        name,
        count: String(count),
        missing: String(missing),
        unseen: String(unseen),
        ...(measured!.psi === undefined ? {} : { psi: measured!.psi }),
        pValue: measured!.pValue,
        ...(measured!.ks ? { ksLow: measured!.ks.low, ksHigh: measured!.ks.high, ksAt: measured!.ks.at } : {}),
      })),
    );
  };

  it('is killed at random moments while it counts, and every figure equals one pass over the log', async () => {
    registry.register(1, baselineJson);
    const bodies = predictions({ count: 5_000, seed: 21, fromMs, toMs, shift: 0.3 });
    const random = chance(4);
    let written = 0;
    for (let life = 0; life < 4; life++) {
      const monitor = await start();
      const upTo = Math.min(bodies.length, written + 1_000);
      for (; written < upTo; written++) log([bodies[written]!]);
      await new Promise((resolve) => setTimeout(resolve, random() * 600));
      expect(await monitor.end('SIGKILL')).toBeNull();
    }
    log(bodies.slice(written));
    await expectOracle(await start(), bodies);
  }, 240_000);

  it('shares the work with another monitor: nothing is missing, nothing is counted twice', async () => {
    registry.register(1, baselineJson);
    const bodies = predictions({ count: 3_000, seed: 22, fromMs, toMs });
    const [one] = await Promise.all([start(), start()]);
    for (let at = 0; at < bodies.length; at += 100) {
      log(bodies.slice(at, at + 100));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await expectOracle(one, bodies);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await expectOracle(one, bodies);
  }, 120_000);

  it('does not look alive while it counts nothing, and loses its place when it freezes', async () => {
    registry.register(1, baselineJson);
    const bodies = predictions({ count: 900, seed: 30, fromMs, toMs });
    const limits = { LEASE_TIMEOUT_MS: '1000', STALLED_AFTER_MS: '2000' };
    const zombie = await start(limits);
    log(bodies.slice(0, 300));
    await expectOracle(zombie, bodies.slice(0, 300));
    const lag = async () => {
      const { text } = (await zombie.get('/metrics')).body;
      const of = (unit: string) =>
        Number(new RegExp(`consumer_lag_${unit}{reader="counters",topic="predictions"} (.+)`).exec(text)?.[1]);
      return { records: of('records'), seconds: of('seconds') };
    };
    expect(registry.watching).toBe(1);

    const holder = (await database.connect()).createQueryRunner();
    await holder.startTransaction();
    await holder.query(
      `SELECT * FROM drift_monitor.partition_position WHERE consumer_group = 'drift-monitor' FOR UPDATE`,
    );
    log(bodies.slice(300, 600));
    const still = expect.stringContaining('reading for the counters');
    await eventually(async () => {
      expect(await zombie.get('/healthz')).toMatchObject({
        status: 503,
        body: { code: 'WORK_STALLED', detail: still },
      });
    });
    const { records, seconds } = await lag();
    expect(records).toBeGreaterThanOrEqual(300);
    expect(seconds).toBeGreaterThan(2);

    // Frozen while it waits, it is given the row it waited for, and would keep it for ever.
    zombie.freeze(true);
    await holder.commitTransaction();
    await holder.release();
    const heir = await start(limits);
    log(bodies.slice(600, 800));
    await expectOracle(heir, bodies.slice(0, 800));
    zombie.freeze(false);
    await eventually(async () => expect((await zombie.get('/healthz')).status).toBe(200));
    log(bodies.slice(800));
    await expectOracle(zombie, bodies);
    await eventually(async () => expect((await lag()).records).toBe(0));
    await expectOracle(heir, bodies);
  }, 240_000);

  it('parks predictions of a version nobody has told of, and counts them when it is known', async () => {
    const bodies = predictions({ count: 500, seed: 23, fromMs, toMs });
    log(bodies);
    const monitor = await start();
    await eventually(async () => {
      expect((await monitor.get('/metrics')).body.text).toContain('drift_monitor_parked_records 500');
    });
    expect((await monitor.get(`/v1/drift?model=basket&${week}`)).status).toBe(404);
    registry.register(1, baselineJson);
    await expectOracle(monitor, bodies);
  }, 120_000);

  it('asks for a version that no alias names any more', async () => {
    registry.register(1, baselineJson, false);
    registry.register(2, baselineJson);
    const bodies = predictions({ count: 300, seed: 24, fromMs, toMs });
    log(bodies);
    await expectOracle(await start(), bodies);
  }, 120_000);

  it('counts on when the registry is away, also after a restart, and follows it again when it is back', async () => {
    registry.register(1, baselineJson);
    const bodies = predictions({ count: 400, seed: 25, fromMs, toMs });
    const first = await start();
    await eventually(async () => expect((await first.get('/v1/models')).body.models).toHaveLength(1));
    await registry.close();
    log(bodies.slice(0, 200));
    await expectOracle(first, bodies.slice(0, 200));
    expect(await first.end()).toBe(0);
    const second = await start();
    log(bodies.slice(200));
    await expectOracle(second, bodies);
    const port = Number(address.split(':')[1]);
    registry = new RegistryStandIn();
    registry.register(1, baselineJson);
    registry.register(2, baselineJson);
    await registry.listen(port);
    await eventually(async () => {
      expect((await second.get('/v1/models')).body.models[0]!.versions).toMatchObject([{ version: 2 }, { version: 1 }]);
    });
  }, 120_000);

  it('does not believe a baseline whose bytes are not the registered ones', async () => {
    registry.corrupt = Buffer.from('{"format":1}');
    registry.register(1, baselineJson);
    const bodies = predictions({ count: 300, seed: 26, fromMs, toMs });
    log(bodies);
    const monitor = await start();
    await eventually(async () =>
      expect(monitor.log.map(({ reason }) => String(reason)).join()).toContain('other bytes'),
    );
    expect((await monitor.get('/v1/models')).body).toEqual({ models: [] });
    registry.corrupt = undefined;
    await expectOracle(monitor, bodies);
  }, 120_000);

  it('counts, and says why it judges nothing, when a version has no usable baseline', async () => {
    registry.register(1, undefined);
    registry.register(2, '{}');
    log(predictions({ count: 20, seed: 27, fromMs, toMs, version: 1 }));
    log(predictions({ count: 30, seed: 28, fromMs, toMs, version: 2 }));
    const monitor = await start();
    const drift = async (version: number) =>
      (await monitor.get(`/v1/drift?model=basket&version=${version}&${week}`)).body;
    await eventually(async () => {
      expect(await drift(1)).toMatchObject({ predictions: '20', state: 'ALERT_STATE_NO_BASELINE', features: [] });
      expect(await drift(2)).toMatchObject({ predictions: '30', state: 'ALERT_STATE_NO_BASELINE' });
    });
    expect((await drift(2)).why).toContain('baseline.json is not a baseline');
    const { body } = await monitor.get('/v1/models');
    expect(body.models[0]!.versions).toMatchObject([
      { version: 2, hasBaseline: false, predictions: 30 },
      { version: 1, hasBaseline: false, predictions: 20 },
    ]);
  }, 120_000);

  it('answers the same by JSON, Connect and gRPC, with alerts and performance beside it', async () => {
    registry.register(1, baselineJson);
    const bodies = predictions({ count: 400, seed: 29, fromMs, toMs, shift: 1 });
    log(bodies);
    writer.append('outcomes', 'customer', outcome('o-1', 'p-29-3', 'sku-2', toMs));
    writer.append('outcomes', 'customer', outcome('o-1', 'p-29-3', 'sku-2', toMs));
    writer.append('outcomes', 'customer', outcome('o-2', 'p-29-4', 'sku-9', toMs));
    const monitor = await start();
    await expectOracle(monitor, bodies);
    const { body: json } = await monitor.get(`/v1/drift?model=basket&${week}`);
    expect(json).toMatchObject({
      state: 'ALERT_STATE_PENDING',
      version: 1,
      fromMs: String(fromMs),
      toMs: String(toMs),
    });
    const { body: map } = await monitor.get(`/v1/drift/map?model=basket&${week}&by=time`);
    expect(map).toMatchObject({
      model: 'basket',
      version: 1,
      by: 'time',
      features: json.features.map(({ name }) => name),
    });
    for (const transport of [
      createGrpcTransport({ baseUrl: `http://127.0.0.1:${monitor.grpc}` }),
      createConnectTransport({ baseUrl: `http://127.0.0.1:${monitor.http}`, httpVersion: '1.1' }),
    ]) {
      const client = createClient(DriftMonitorService, transport);
      const { drift } = await client.getDrift({ model: 'basket', fromMs: BigInt(fromMs), toMs: BigInt(toMs) });
      expect(drift!.state).toBe(AlertState.PENDING);
      expect(drift!.features.map(({ psi }) => psi)).toEqual(json.features.map(({ psi }) => psi));
      const answer = await client.getDriftMap({ model: 'basket', fromMs: BigInt(fromMs), toMs: BigInt(toMs) });
      expect(toJson(DriftMapSchema, answer.map!, { alwaysEmitImplicit: true })).toEqual(map);
      await expect(client.getDrift({ model: 'basket', window: '2h' })).rejects.toThrow('[QUERY_INVALID] window');
      const { models } = await client.listModels({});
      expect(models).toMatchObject([{ model: 'basket', versions: [{ version: 1, known: true, predictions: 400n }] }]);
      await eventually(async () => {
        const { answered, fallback } = await client.getPerformance({
          question: { model: 'basket', fromMs: BigInt(fromMs), toMs: BigInt(toMs) },
        });
        expect(Number(answered!.hitsAt5) + Number(fallback!.hitsAt5)).toBe(1);
        expect(Number(answered!.predictions) + Number(fallback!.predictions)).toBe(400);
      });
      expect((await client.listPages({ model: 'basket' })).pages).toEqual([]);
      // Its own window, the last hour, holds nothing: the predictions are of 2011.
      await eventually(async () => {
        const { alerts } = await client.listAlerts({});
        expect(alerts).toMatchObject([{ model: 'basket', version: 1, state: AlertState.NO_DATA }]);
      });
    }
    const { body: alerts } = await monitor.get('/v1/alerts');
    expect(alerts.alerts).toMatchObject([{ state: 'ALERT_STATE_NO_DATA', severity: '', features: [] }]);
    await eventually(async () => {
      const { body } = await monitor.get(`/v1/performance?model=basket&${week}`);
      const both = [body, body.fallback] as unknown as { predictions: number; withOutcome: number; hitsAt5: number }[];
      const sum = (field: 'predictions' | 'withOutcome' | 'hitsAt5') => both[0]![field] + both[1]![field];
      expect([sum('predictions'), sum('withOutcome'), sum('hitsAt5')]).toEqual([400, 2, 1]);
    });
  }, 120_000);

  it('refuses bad questions as problem+json that names the parameter', async () => {
    registry.register(1, baselineJson);
    const monitor = await start();
    await eventually(async () => expect((await monitor.get('/v1/models')).body.models).toHaveLength(1));
    const table = [
      { path: '/v1/drift', status: 422, code: 'QUERY_INVALID', field: 'model' },
      { path: '/v1/drift?model=basket&window=1d', status: 422, code: 'QUERY_INVALID', field: 'window' },
      { path: '/v1/drift?model=basket&window=1h&window=24h', status: 422, code: 'QUERY_INVALID', field: 'window' },
      { path: '/v1/drift?model=basket&from=2011-07-01', status: 422, code: 'QUERY_INVALID', field: 'to' },
      { path: '/v1/drift/map?model=basket&by=week', status: 422, code: 'QUERY_INVALID', field: 'by' },
      { path: '/v1/drift/map?model=basket&by=time&by=segment', status: 422, code: 'QUERY_INVALID', field: 'by' },
      { path: '/v1/drift/map?model=nobody&by=segment', status: 404, code: 'MODEL_NOT_FOUND', field: 'model' },
      { path: '/v1/performance?model=basket&version=x', status: 422, code: 'QUERY_INVALID', field: 'version' },
      { path: '/v1/performance?model=basket&days=3', status: 422, code: 'QUERY_INVALID', field: 'days' },
      { path: '/v1/drift?model=nobody', status: 404, code: 'MODEL_NOT_FOUND', field: 'model' },
      { path: '/v1/drift?model=basket&version=9', status: 404, code: 'VERSION_NOT_FOUND', field: 'version' },
      { path: '/v1/nothing', status: 404, code: 'ROUTE_NOT_FOUND', field: undefined },
    ];
    for (const { path, ...expected } of table) {
      const { status, type, body } = await monitor.get(path);
      expect({ path, status, type, code: body.code, field: body.field }).toEqual({
        path,
        ...expected,
        type: expect.stringContaining('application/problem+json'),
      });
      expect(body.remedy).toBeTruthy();
      expect(JSON.stringify(body)).not.toMatch(/node_modules|\\.js:/);
    }
    expect((await monitor.get('/v1/drift?model=basket')).body).toMatchObject({ version: 1, predictions: '0' });
    expect((await monitor.get('/healthz')).status).toBe(200);
    expect((await monitor.get('/readyz')).status).toBe(200);
  }, 120_000);

  it('says which port is taken, and by which variable to move', async () => {
    const first = await start();
    await expect(start({ MONITOR_HTTP_PORT: String(first.http) })).rejects.toThrow(/set MONITOR_HTTP_PORT/);
    await expect(start({ MONITOR_GRPC_PORT: String(first.grpc) })).rejects.toThrow(/set MONITOR_GRPC_PORT/);
    await expect(start({ DATABASE_URL: 'mysql://x' })).rejects.toThrow(/DATABASE_URL/);
  }, 120_000);
});

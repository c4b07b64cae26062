import { randomUUID } from 'node:crypto';
import { createServer, type AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { createLogger } from '@vinaigrette/edge';
import type { DataSource } from 'typeorm';
import { describeWith } from '../../../tools/real-part.mjs';
import { Alertmanager } from '../src/adapters/paging/alertmanager.js';
import { Slack } from '../src/adapters/paging/slack.js';
import { Webhook } from '../src/adapters/paging/webhook.js';
import { Database } from '../src/adapters/postgres/database.js';
import { PostgresPages } from '../src/adapters/postgres/postgres-pages.js';
import { PostgresSilences } from '../src/adapters/postgres/postgres-silences.js';
import { DeliverPages } from '../src/deliver-pages.js';
import { turnPage } from '../src/domain/page.js';
import { PANE_MS, paneOf } from '../src/domain/pane.js';
import { readSilence } from '../src/domain/silence.js';
import { PageOnCall } from '../src/page-on-call.js';
import type { Receiver } from '../src/receivers.js';
import { AlertmanagerProcess, Pager } from './alertmanager-process.js';
import { createTestDatabase, type TestDatabase } from './database.js';
import { eventually, MonitorProcess } from './monitor-process.js';
import { monitorParts, source } from './parts.js';
import { predictions, recordsOf } from './shop.js';

const HOUR_MS = 12 * PANE_MS;
const MINUTE_MS = 60_000;
const OPERATOR_KEY = 'the-key-of-those-on-call';
const links = { consoleUrl: 'http://console', runbookUrl: 'http://runbooks' };

describeWith('PostgreSQL', 'DATABASE_URL', 'paging', () => {
  let database: TestDatabase;
  let [one, two]: DataSource[] = [];
  let pager: Pager;

  beforeAll(async () => {
    database = await createTestDatabase();
    [one, two] = [await database.connect(), await database.connect()];
  }, 60_000);
  afterAll(() => database.drop(), 60_000);
  beforeEach(async () => {
    const tables = ['page', 'page_delivery', 'silence', 'pane', 'partition_position', 'gateway_position', 'alert'];
    await one!.query(`TRUNCATE ${tables.map((table) => `drift_monitor.${table}`).join(', ')}`);
    pager = await new Pager().listen();
  });
  afterEach(() => pager.close());

  function outbox(receivers: Receiver[], pool = one!) {
    const sql = new Database(pool);
    const names = receivers.map(({ name }) => name);
    const [pages, silences] = [new PostgresPages(sql, names), new PostgresSilences(sql)];
    const { metrics } = monitorParts(pool, { now: () => Date.now() });
    const deliver = new DeliverPages(pages, silences, receivers, metrics, createLogger('test', 'silent'));
    return { pages, silences, metrics, names, deliver };
  }
  const toBoth = () => [new Webhook(`${pager.url}/webhook`, links), new Slack(`${pager.url}/slack`, links)];
  /** Opens a page, or ends the open one. */
  const setPage = (pages: PostgresPages, version: number, nowMs: number, open = true) =>
    pages.write(async (desk) => {
      const subject = { name: 'FeatureDrift', model: 'basket', version } as const;
      const content = { severity: 'critical', summary: 'it <drifts>', description: 'why', details: {} } as const;
      const turn = turnPage(
        { id: randomUUID(), ...subject },
        await desk.openPage(subject),
        open ? content : undefined,
        { sinceMs: nowMs, nowMs },
      );
      await desk.turn(turn);
    });

  it('opens one page for a drift, with the evidence inside, and ends it', async () => {
    const { pages, names, deliver } = outbox(toBoth());
    let [now, written] = [paneOf(Date.now()) - 12 * HOUR_MS, 0];
    const parts = monitorParts(one!, { now: () => now, followers: [new PageOnCall()], receivers: names });
    await parts.versions.keep({ model: 'basket', version: 1, ...source });
    await parts.versions.setWanted([{ model: 'basket', version: 1 }]);
    const hour = async (count: number, shift: number) => {
      now += HOUR_MS;
      const bodies = predictions({ count, seed: written + 1, fromMs: now - HOUR_MS, toMs: now, shift });
      const records = recordsOf(bodies, 'gateway-1', written);
      if (count > 0) await parts.events.consume({ topic: 'predictions', partition: '0', records });
      written += count;
      await parts.evaluate.run(now);
      await deliver.run(now);
    };
    for (const shift of [0, 1, 1, 1, 1]) await hour(1_200, shift);
    await hour(0, 0);
    const [page, ...others] = await pages.list('');
    expect(others).toEqual([]);
    expect(page).toMatchObject({ name: 'FeatureDrift', version: 1, severity: 'critical', sinceMs: now - 2 * HOUR_MS });
    expect(page!.details.features).toMatch(
      /age \(\d+h.*\): PSI \d\.\d{3}, KS \d\.\d{3} at .*, q .*, n \d+; .* % -> .* %/,
    );
    const [message] = pager.to('/webhook');
    expect(message!.body).toMatchObject({ version: '4', status: 'firing', groupKey: page!.id });
    expect(message!.body.alerts[0]).toMatchObject({
      labels: { alertname: 'FeatureDrift', model: 'basket', model_version: '1', severity: 'critical' },
      annotations: { runbook_url: 'http://runbooks/FeatureDrift.md' },
    });
    now += 24 * HOUR_MS;
    await hour(1_200, 0);
    await hour(1_200, 0);
    expect((await pages.list(''))[0]!.endedMs).toBe(now);
    expect(pager.to('/webhook').map(({ body }) => body.status)).toEqual(['firing', 'resolved']);
    expect(pager.to('/slack').map(({ body }) => body.text.split(':')[0])).toEqual(['CRITICAL', 'RESOLVED']);
    // An hour of silence is a page of its own; nobody answers instead.
    await hour(0, 0);
    expect((await pages.list('basket'))[0]).toMatchObject({ name: 'NoData', severity: 'warning' });
    await hour(1_200, 0);
    expect((await pages.list('')).every(({ endedMs }) => endedMs !== undefined)).toBe(true);
  }, 120_000);

  it('keeps neither the judgement nor its page when one of them cannot be kept', async () => {
    const { pages, names } = outbox(toBoth());
    const now = paneOf(Date.now());
    const failing = { judged: () => Promise.reject(new Error('no')), retired: () => Promise.resolve() };
    const parts = monitorParts(one!, { now: () => now, followers: [new PageOnCall(), failing], receivers: names });
    await parts.versions.keep({ model: 'basket', version: 1, ...source });
    await parts.versions.setWanted([{ model: 'basket', version: 1 }]);
    await expect(parts.evaluate.run(now)).rejects.toThrow('no');
    expect([await pages.list(''), await parts.alerts.list('')]).toEqual([[], []]);
  });

  it('tells each receiver once, however many monitors are about it', async () => {
    const boxes = [outbox(toBoth(), one!), outbox(toBoth(), two!), outbox(toBoth(), two!)];
    const now = Date.now();
    for (let version = 1; version <= 10; version++) await setPage(boxes[0]!.pages, version, now);
    await Promise.all(boxes.flatMap(({ deliver }) => [deliver.run(now), deliver.run(now + 1)]));
    for (let version = 1; version <= 10; version++) await setPage(boxes[0]!.pages, version, now + 2, false);
    await Promise.all(boxes.flatMap(({ deliver }) => [deliver.run(now + 3), deliver.run(now + 4)]));
    await boxes[0]!.deliver.run(now + 10 * MINUTE_MS);
    expect(pager.to('/webhook')).toHaveLength(20);
    expect(new Set(pager.to('/webhook').map(({ key }) => key)).size).toBe(20);
    expect(pager.to('/slack')).toHaveLength(20);
    expect(pager.to('/slack')[0]!.body).toMatchObject({ text: 'CRITICAL: it &lt;drifts&gt;' });
  }, 60_000);

  it('tells nobody while a silence holds, and then what still is', async () => {
    const { pages, silences, deliver } = outbox(toBoth());
    const now = Date.now();
    const body = { createdBy: 'me', comment: 'sale', endsAt: new Date(now + HOUR_MS).toISOString() };
    const matchers = [{ name: 'model', value: 'basket' }];
    const { id } = await silences.add(readSilence({ ...body, matchers }, now));
    await setPage(pages, 1, now);
    await setPage(pages, 2, now);
    await setPage(pages, 2, now, false);
    await deliver.run(now + MINUTE_MS);
    expect(pager.posted).toEqual([]);
    expect((await pages.list('')).map(({ version }) => version)).toEqual([1, 2]);
    expect([await silences.end(id, now + MINUTE_MS), await silences.end(id, now + MINUTE_MS)]).toEqual([true, false]);
    expect(await silences.end('nonsense', now)).toBe(false);
    await deliver.run(now + 2 * MINUTE_MS);
    expect(pager.to('/webhook').map(({ body }) => body.alerts[0]!.labels.model_version)).toEqual(['1']);
  });

  it('is asked and silenced over HTTP, serves its runbooks, and tells a webhook of its own', async () => {
    const monitor = await MonitorProcess.start({
      DATABASE_URL: database.url,
      REGISTRY_ADDRESS: '127.0.0.1:1',
      EVENT_LOG_DIR: '/nowhere',
      ALERT_WEBHOOK_URL: `${pager.url}/webhook`,
      MONITOR_OPERATOR_KEY: OPERATOR_KEY,
    });
    try {
      const call = (path: string, method: string, body?: unknown, key = OPERATOR_KEY) =>
        fetch(`http://127.0.0.1:${monitor.http}${path}`, {
          method,
          headers: { authorization: `Bearer ${key}`, ...(body ? { 'content-type': 'application/json' } : {}) },
          ...(body ? { body: JSON.stringify(body) } : {}),
        });
      const endsAt = new Date(Date.now() + HOUR_MS).toISOString();
      const silence = { matchers: [{ name: 'model', value: 'other' }], endsAt, createdBy: 'me', comment: 'sale' };
      const stranger = await call('/v1/silences', 'POST', silence, 'somebody-else-entirely');
      expect([stranger.status, await stranger.json()]).toMatchObject([403, { code: 'KEY_REFUSED' }]);
      expect((await call('/v1/archive/units/anna', 'DELETE', undefined, '')).status).toBe(403);
      const made = await call('/v1/silences', 'POST', silence);
      expect(made.status).toBe(201);
      const { id } = (await made.json()) as { id: string };
      expect((await monitor.get('/v1/silences')).body.silences).toMatchObject([{ id, createdBy: 'me' }]);
      const bad = await call('/v1/silences', 'POST', { ...silence, comment: '' });
      expect([bad.status, await bad.json()]).toMatchObject([422, { code: 'BODY_INVALID', field: 'comment' }]);
      expect((await call(`/v1/silences/${id}`, 'DELETE')).status).toBe(204);
      const again = await call(`/v1/silences/${id}`, 'DELETE');
      expect([again.status, await again.json()]).toMatchObject([404, { code: 'SILENCE_NOT_FOUND' }]);
      expect((await monitor.get('/runbooks/FeatureDrift.md')).body.text).toContain('# FeatureDrift');
      expect((await monitor.get('/runbooks/../package.json')).status).toBe(404);

      await setPage(outbox([new Webhook(`${pager.url}/webhook`, links)]).pages, 1, Date.now());
      await eventually(async () => expect(pager.to('/webhook')).toHaveLength(1));
      expect((await monitor.get('/v1/pages?model=basket')).body.pages).toMatchObject([{ version: 1 }]);
      expect((await monitor.get('/metrics')).body.text).toContain(
        'drift_monitor_page_deliveries_total{receiver="webhook",result="firing"} 1',
      );
    } finally {
      await monitor.end('SIGKILL');
    }
  }, 120_000);

  describeWith('Alertmanager', 'ALERTMANAGER_PATH', 'through a real Alertmanager', () => {
    let alertmanager: AlertmanagerProcess | undefined;
    afterEach(async () => {
      await alertmanager?.stop();
      alertmanager = undefined;
    });
    const heard = () =>
      pager.to('/alertmanager').map(({ body }) => `${body.alerts[0]!.labels.model_version} ${body.status}`);
    const hears = (...expected: string[]) =>
      eventually(() => Promise.resolve(expect(heard().sort()).toEqual(expected.sort())));

    it('pages, renews, and gives the all-clear', async () => {
      alertmanager = await AlertmanagerProcess.start(pager.url);
      const { pages, deliver } = outbox([new Alertmanager(alertmanager.url, links)]);
      const now = Date.now();
      await setPage(pages, 1, now);
      await deliver.run(now);
      await hears('1 firing');
      expect(pager.to('/alertmanager')[0]!.body.alerts[0]!.annotations).toMatchObject({
        summary: 'it <drifts>',
        dashboard_url: 'http://console/?model=basket&version=1',
      });
      const endsAt = async () => {
        const alerts = (await (await fetch(`${alertmanager!.url}/api/v2/alerts`)).json()) as { endsAt: string }[];
        return alerts.map((alert) => Date.parse(alert.endsAt) - now);
      };
      expect(await endsAt()).toEqual([HOUR_MS]);
      await deliver.run(now + 30_000);
      expect(await endsAt()).toEqual([HOUR_MS]);
      await deliver.run(now + MINUTE_MS);
      expect(await endsAt()).toEqual([HOUR_MS + MINUTE_MS]);
      await setPage(pages, 1, now + 1, false);
      await deliver.run(now + 2 * MINUTE_MS);
      await hears('1 firing', '1 resolved');
    }, 120_000);

    it('loses nothing when it is away for an hour, not even what ended meanwhile', async () => {
      const port = await freePort();
      const { pages, deliver, metrics } = outbox([new Alertmanager(`http://127.0.0.1:${port}`, links)]);
      const start = Date.now() - HOUR_MS;
      await setPage(pages, 1, start);
      await setPage(pages, 2, start);
      for (let now = start; now < start + HOUR_MS; now += 20_000) {
        if (now === start + 30 * MINUTE_MS) await setPage(pages, 2, now, false);
        await deliver.run(now);
      }
      const tries = (await metrics.pageDeliveries.get()).values.find(({ labels }) => labels.result === 'failed')!.value;
      expect(tries).toBeGreaterThan(50);
      expect(tries).toBeLessThan(200);
      expect((await metrics.pagesWaiting.get()).values[0]!.value).toBe(2);
      alertmanager = await AlertmanagerProcess.start(pager.url, port);
      const back = start + HOUR_MS + MINUTE_MS;
      await deliver.run(back);
      await hears('1 firing', '2 firing');
      await deliver.run(back + MINUTE_MS);
      await hears('1 firing', '2 firing', '2 resolved');
    }, 120_000);
  });
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

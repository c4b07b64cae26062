import { connect } from 'node:http2';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Client } from '@connectrpc/connect';
import { fromBinary } from '@bufbuild/protobuf';
import { WatchResponseSchema, type RegistryService, type WantedState } from '@vinaigrette/contracts/registry';
import { describeWith } from '../../../tools/real-part.mjs';
import { eventually, register, Workbench, type RunningRegistry } from './running-registry.js';
import { tinyFiles } from './tiny-model.js';

type RegistryClient = Client<typeof RegistryService>;
const by = { actor: 'test', reason: 'because' };

/** Collects what a watcher is told. */
class Watcher {
  readonly states: WantedState[] = [];
  ended: 'not yet' | 'cleanly' | Error = 'not yet';
  private readonly gone = new AbortController();

  constructor(client: RegistryClient) {
    void this.watch(client);
  }

  get latest(): WantedState | undefined {
    return this.states.at(-1);
  }

  leave(): void {
    this.gone.abort();
  }

  private async watch(client: RegistryClient): Promise<void> {
    try {
      for await (const { state } of client.watch({}, { signal: this.gone.signal }))
        this.states.push(state as WantedState);
      this.ended = 'cleanly';
    } catch (error) {
      this.ended = error as Error;
    }
  }
}

describeWith('PostgreSQL', 'DATABASE_URL', 'watching the wanted state', () => {
  let bench: Workbench;
  let registry: RunningRegistry;
  let client: RegistryClient;
  beforeAll(async () => {
    bench = await Workbench.open();
    // A poll this slow never helps: what these tests see came by NOTIFY.
    registry = bench.start({ WANTED_STATE_POLL_MS: '3600000' });
    client = await registry.client();
    await register(client, 'negation', tinyFiles({ 'card.json': '1' }));
    await register(client, 'negation', tinyFiles({ 'card.json': '2' }));
  }, 60_000);
  afterAll(() => bench?.close());

  const set = (version: number, alias = 'champion', kind = 'model', name = 'negation') =>
    client.setAlias({ subject: { kind, name }, alias, version, ...by });

  it('tells the whole state at once, again at every change, and only what an alias names', async () => {
    const watcher = new Watcher(client);
    await eventually(() => expect(watcher.latest).toMatchObject({ revision: 0n, models: [], documents: [] }));
    await set(2);
    await eventually(() =>
      expect(watcher.latest?.models).toMatchObject([{ name: 'negation', versions: [{ version: 2 }] }]),
    );
    const bodyJson = '{"rules":[]}';
    await client.putDocument({ kind: 'rule-set', name: 'shop', bodyJson, actor: 'test' });
    await set(1, 'champion', 'rule-set', 'shop');
    await eventually(() =>
      expect(watcher.latest?.documents).toMatchObject([{ name: 'shop', versions: [{ bodyJson }] }]),
    );
    await set(1, 'canary');
    await eventually(() => expect(watcher.latest?.models[0]?.aliases).toEqual({ champion: 2, canary: 1 }));
    expect(watcher.latest?.models[0]?.versions.map(({ version }) => version)).toEqual([2, 1]);
    await set(0, 'canary');
    await eventually(() => expect(watcher.latest?.models[0]?.versions.map(({ version }) => version)).toEqual([2]));
    const [first, ...later] = watcher.states.map(({ revision }) => revision);
    expect(first).toBe(0n);
    // Above every revision a database that was restored from a backup has told: each is a time in ms.
    for (const revision of later) expect(Math.abs(Number(revision) - Date.now())).toBeLessThan(3_600_000);
    expect(later).toEqual([...new Set(later)].sort((a, b) => (a < b ? -1 : 1)));
    expect(later).toHaveLength(4);
    watcher.leave();
  }, 60_000);

  it('tells who watches after a move what was moved', async () => {
    for (const version of [1, 2, 1, 2]) {
      const { revision } = await set(version);
      const watcher = new Watcher(client);
      await eventually(() => expect(watcher.latest).toBeDefined());
      expect(watcher.states[0]?.revision).toBe(revision);
      watcher.leave();
    }
  }, 60_000);

  it('tells the watchers of another registry on the same database', async () => {
    const other = bench.start({ WANTED_STATE_POLL_MS: '3600000' });
    const watcher = new Watcher(await other.client());
    await eventually(() => expect(watcher.latest).toBeDefined());
    const { revision } = await set(1);
    await eventually(() => expect(watcher.latest?.revision).toBe(revision));
    await other.kill('SIGKILL');
  }, 90_000);

  it('finds by polling what no notice told of', async () => {
    const other = bench.start({ WANTED_STATE_POLL_MS: '200' });
    const watcher = new Watcher(await other.client());
    await eventually(() => expect(watcher.latest).toBeDefined());
    await bench.query("INSERT INTO registry.alias VALUES ('model', 'negation', 'by-hand', 2, 0)");
    const [row] = await bench.query<{ revision: string }>(
      'UPDATE registry.wanted_revision SET revision = revision + 1 RETURNING revision',
    );
    await eventually(() => expect(watcher.latest?.revision).toBe(BigInt(row?.revision ?? 0)));
    expect(watcher.latest?.models[0]?.aliases).toMatchObject({ 'by-hand': 2 });
    await other.kill('SIGKILL');
  }, 90_000);

  it('tells two hundred watchers, in order, and forgets those who leave', async () => {
    const watchers = Array.from({ length: 200 }, () => new Watcher(client));
    await eventually(() => expect(watchers.every(({ latest }) => latest !== undefined)).toBe(true));
    let last = 0n;
    for (const version of [2, 1, 2, 1, 2, 1]) last = (await set(version)).revision;
    await eventually(() => expect(watchers.every(({ latest }) => latest?.revision === last)).toBe(true));
    for (const { states } of watchers) {
      const revisions = states.map(({ revision }) => revision);
      expect(revisions).toEqual([...new Set(revisions)].sort((a, b) => (a < b ? -1 : 1)));
    }
    for (const watcher of watchers) watcher.leave();
    const { http } = await registry.addresses();
    await eventually(async () => {
      const metrics = await (await fetch(`${http}/metrics`)).text();
      expect(metrics).toMatch(/^vinaigrette_registry_open_calls\{method="Watch"\} 0$/m);
    });
  }, 120_000);

  it('queues nothing for a watcher that does not read: it gets the newest when it does', async () => {
    const bodyJson = `{"rules":[]}${' '.repeat(900_000)}`;
    await client.putDocument({ kind: 'rule-set', name: 'large', bodyJson, actor: 'test' });
    await set(1, 'champion', 'rule-set', 'large');
    const session = connect((await registry.addresses()).grpc);
    const stream = session.request({
      ':method': 'POST',
      ':path': '/vinaigrette.registry.v1.RegistryService/Watch',
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    stream.end(Buffer.alloc(5)); // an empty WatchRequest; the answer is not read, so its window fills
    await once(stream, 'response');
    let last = 0n;
    for (let move = 0; move < 50; move++) last = (await set(1 + (move % 2))).revision;

    let unread = Buffer.alloc(0);
    const revisions: bigint[] = [];
    stream.on('data', (chunk: Buffer) => {
      unread = Buffer.concat([unread, chunk]);
      while (unread.length >= 5 && unread.length >= 5 + unread.readUInt32BE(1)) {
        const end = 5 + unread.readUInt32BE(1);
        revisions.push(fromBinary(WatchResponseSchema, unread.subarray(5, end)).state?.revision ?? 0n);
        unread = unread.subarray(end);
      }
    });
    await eventually(() => expect(revisions.at(-1)).toBe(last));
    expect(revisions.length).toBeLessThan(5);
    session.destroy();
  }, 120_000);

  it('ends every watch cleanly on SIGTERM, and exits with 0', async () => {
    const watchers = Array.from({ length: 20 }, () => new Watcher(client));
    await eventually(() => expect(watchers.every(({ latest }) => latest !== undefined)).toBe(true));
    registry.process.kill('SIGTERM');
    expect(await registry.exited).toEqual([0, null]);
    await eventually(() => expect(watchers.map(({ ended }) => ended)).toEqual(watchers.map(() => 'cleanly')));
  }, 60_000);
});

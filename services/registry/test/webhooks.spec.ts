import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import type { Client } from '@connectrpc/connect';
import { DeliveryState, RolloutKind, RolloutMove, type RegistryService } from '@vinaigrette/contracts/registry';
import { describeWith } from '../../../tools/real-part.mjs';
import { eventually, refusal, register, Workbench, type RunningRegistry } from './running-registry.js';
import { tinyFiles } from './tiny-model.js';
import { isSigned, WebhookReceiver } from './webhook-receiver.js';

const LOOPBACK = { WEBHOOK_NETWORKS: '127.0.0.0/8', WEBHOOK_RETRY_MS: '200', WEBHOOK_ATTEMPTS_MAX: '3' };
const [KEY, NEXT_KEY] = [1, 2].map((byte) => Buffer.alloc(32, byte).toString('base64')) as [string, string];
const SHOP = { kind: 'rule-set', name: 'shop' };

describeWith('PostgreSQL', 'DATABASE_URL', 'webhooks', () => {
  let bench: Workbench;
  let registry: RunningRegistry;
  let client: Client<typeof RegistryService>;
  let receiver: WebhookReceiver;
  let secret: string;
  let id: string;
  beforeAll(async () => {
    bench = await Workbench.open();
    receiver = await WebhookReceiver.open();
    registry = bench.start(LOOPBACK);
    client = await registry.client();
    const added = await client.addWebhook({ url: receiver.url, actor: 'test' });
    ({ secret } = added);
    id = added.webhook?.id ?? '';
    for (const items of [1, 2, 3]) await put(items);
  }, 60_000);
  afterAll(async () => {
    await bench?.close();
    receiver?.close();
  });
  beforeEach(() => void (receiver.status = 204));

  const put = (items: number) =>
    client.putDocument({
      ...SHOP,
      bodyJson: JSON.stringify({ rules: [{ id: 'cap', action: 'cap', items }] }),
      actor: 'test',
    });
  const move = (version: number, reason: string) =>
    client.setAlias({ subject: SHOP, alias: 'champion', version, actor: 'mary', reason });
  const told = (reason: string) => receiver.received.filter(({ event }) => event.data.reason === reason);
  const secretsKept = async () => {
    const rows = await bench.query<{ secret: string }>(
      'SELECT secret FROM registry.webhook WHERE removed_at IS NULL ORDER BY created_at',
    );
    return rows.map((row) => row.secret);
  };
  const deliveries = async () => (await client.listWebhookDeliveries({ webhookId: id })).deliveries;

  it('tells that an alias moved, from where to where, by whom and why, signed', async () => {
    const { change, revision } = await move(1, 'the first');
    await eventually(() => expect(told('the first')).toHaveLength(1));
    const [message] = told('the first');
    expect(message?.event).toMatchObject({
      type: 'alias.moved',
      data: {
        subject: SHOP,
        alias: 'champion',
        from: 0,
        to: 1,
        actor: 'mary',
        rolledBack: false,
        revision: String(revision),
      },
    });
    expect(Math.abs(Date.parse(message?.event.timestamp ?? '') - Number(change?.changedAtMs))).toBeLessThan(60_000);
    expect(isSigned(message as never, secret)).toBe(true);
    expect(isSigned({ ...message, body: `${message?.body} ` } as never, secret)).toBe(false);
    await eventually(async () =>
      expect(await deliveries()).toMatchObject([
        { id: message?.id, state: DeliveryState.DELIVERED, attempts: 1, lastStatus: 204, nextAttemptAtMs: 0n },
      ]),
    );
  }, 60_000);

  it('tells nothing of what did not happen', async () => {
    const before = await deliveries();
    await move(1, 'it stands there'); // answers with the change that is there
    expect(await refusal(move(9, 'no such version'))).toMatchObject({ code: 'DOCUMENT_NOT_FOUND' });
    expect(await deliveries()).toEqual(before);
  });

  it('tells that a version is ready, and each change of a rollout', async () => {
    for (const size of [1, 2]) {
      await register(client, 'told', tinyFiles({ 'card.json': JSON.stringify({ size }) }));
    }
    const subject = { kind: 'model', name: 'told' };
    await client.setAlias({ subject, alias: 'champion', version: 1, actor: 'test', reason: 'one' });
    const { rollout } = await client.startRollout({
      subject,
      alias: 'champion',
      candidate: 2,
      kind: RolloutKind.CANARY,
      stepsBps: [500, 10_000],
      actor: 'mary',
      reason: 'a trial',
    });
    for (const what of [RolloutMove.ADVANCE, RolloutMove.COMPLETE]) {
      await client.changeRollout({ id: rollout?.id, move: what, actor: 'mary', reason: 'on' });
    }
    await eventually(() => expect(receiver.of('rollout.changed')).toHaveLength(3));
    expect(
      receiver
        .of('version.ready')
        .map(({ event }) => event.data.version)
        .sort(),
    ).toEqual([1, 2]);
    const changes = receiver.of('rollout.changed').map(({ event: { data } }) => [data.state, data.shareBps]);
    expect(changes).toEqual(
      expect.arrayContaining([
        ['running', 500],
        ['running', 10_000],
        ['completed', 10_000],
      ]),
    );
    await eventually(() => expect(receiver.of('alias.moved').some(({ event }) => event.data.to === 2)).toBe(true));
  }, 120_000);

  it('tries again after a refusal, under the same id, and gives up in the end; by hand it begins anew', async () => {
    receiver.status = 500;
    await move(2, 'while they are down');
    const last = async () => (await deliveries())[0];
    await eventually(async () =>
      expect(await last()).toMatchObject({ state: DeliveryState.FAILED, attempts: 3, lastStatus: 500 }),
    );
    expect(new Set(told('while they are down').map((message) => message.id)).size).toBe(1);
    receiver.status = 204;
    const failed = await last();
    const { delivery } = await client.replayWebhookDelivery({ id: failed?.id, actor: 'test' });
    expect(delivery).toMatchObject({ id: failed?.id, state: DeliveryState.PENDING });
    await eventually(async () => expect(await last()).toMatchObject({ state: DeliveryState.DELIVERED, attempts: 1 }));
    expect(told('while they are down')).toHaveLength(4);
    expect(await refusal(client.replayWebhookDelivery({ id: 'msg_no', actor: 'test' }))).toMatchObject({
      code: 'DELIVERY_NOT_FOUND',
    });
  }, 60_000);

  it('does not follow a redirect, and counts it as a refusal', async () => {
    receiver.status = 302;
    await move(3, 'redirected');
    await eventually(async () => expect((await deliveries())[0]).toMatchObject({ attempts: 3, lastStatus: 302 }));
    expect(told('redirected')).toHaveLength(3); // and never at /elsewhere as a GET, which has no body to parse
  }, 60_000);

  it('tells only the types that were asked for, and nothing after it was removed', async () => {
    const other = await WebhookReceiver.open();
    const { webhook } = await client.addWebhook({ url: other.url, types: ['version.ready'], actor: 'test' });
    await move(1, 'of another type');
    await eventually(() => expect(told('of another type')).toHaveLength(1));
    await client.removeWebhook({ id: webhook?.id, actor: 'test' });
    await register(client, 'told', tinyFiles({ 'card.json': '{"size":3}' }));
    await eventually(() => expect(receiver.of('version.ready')).toHaveLength(3));
    expect(other.received).toEqual([]);
    other.close();
    expect(await refusal(client.removeWebhook({ id: webhook?.id, actor: 'test' }))).toMatchObject({
      code: 'WEBHOOK_NOT_FOUND',
    });
  }, 120_000);

  it('keeps its secret: nothing that is listed holds it', async () => {
    const listed = await client.listWebhooks({});
    expect(listed.webhooks).toMatchObject([{ id, url: receiver.url, types: [], createdBy: 'test' }]);
    const text = JSON.stringify([listed, await deliveries(), registry.lines], (_key, value: unknown) =>
      typeof value === 'bigint' ? String(value) : value,
    );
    expect(text).not.toContain(secret.slice('whsec_'.length));
  });

  it('loses no message when it is killed between the commit and the delivery, at any moment', async () => {
    await registry.kill('SIGKILL');
    const patient = { ...LOOPBACK, WEBHOOK_ATTEMPTS_MAX: '1000', WEBHOOK_SEALING_KEYS: KEY };
    receiver.status = 0; // nobody takes anything while it is killed
    for (let kill = 0; kill < 4; kill += 1) {
      const dying = bench.start(patient);
      const calls = await dying.client();
      for (const version of [3, 1, 2]) {
        await calls.setAlias({
          subject: SHOP,
          alias: 'champion',
          version,
          actor: 'test',
          reason: `kill ${kill}, ${version}`,
        });
      }
      await dying.kill('SIGKILL');
    }
    receiver.status = 204;
    receiver.received.length = 0;
    registry = bench.start(patient);
    client = await registry.client();
    const committed = Array.from({ length: 4 }, (_, kill) =>
      [3, 1, 2].map((version) => `kill ${kill}, ${version}`),
    ).flat();
    await eventually(async () => {
      // Or half a minute goes by until the claims of the dead run out.
      await bench.query(`UPDATE registry.webhook_delivery SET next_attempt_at = now() WHERE state = 'pending'`);
      expect(committed.filter((reason) => told(reason).length === 0)).toEqual([]);
    });
    // The secret was sealed when the first of them started, and signs as it did.
    expect(receiver.received.every((message) => isSigned(message, secret))).toBe(true);
    expect(await secretsKept()).toEqual([expect.stringMatching(/^sealed:/)]);
  }, 180_000);

  it('posts to no private address unless it is allowed to', async () => {
    await registry.kill('SIGKILL');
    const [before] = await secretsKept();
    const keys = { WEBHOOK_SEALING_KEYS: `${NEXT_KEY},${KEY}` };
    registry = bench.start({ WEBHOOK_RETRY_MS: '100', WEBHOOK_ATTEMPTS_MAX: '1', ...keys });
    client = await registry.client();
    expect(await registry.line('sealed the secrets of webhooks by the first key')).toMatchObject({ sealed: 1 });
    const [after] = await secretsKept();
    expect(after?.slice(0, 16)).not.toBe(before?.slice(0, 16)); // the name of the key
    receiver.received.length = 0;
    await client.addWebhook({ url: receiver.url.replace('127.0.0.1', 'localhost'), actor: 'test' });
    await client.addWebhook({ url: 'http://169.254.169.254/latest/meta-data', actor: 'test' });
    const { changes } = await client.listAliasChanges({ subject: SHOP });
    await move(changes[0]?.to === 1 ? 2 : 1, 'to nobody');
    await eventually(async () => {
      const { deliveries: three } = await client.listWebhookDeliveries({ limit: 3 });
      expect(three.map(({ state, lastError }) => [state, lastError.includes('not a public address')])).toEqual(
        three.map(() => [DeliveryState.FAILED, true]),
      );
    });
    expect(receiver.received).toEqual([]);
  }, 60_000);

  it('says of a secret that no key opens that it cannot sign', async () => {
    const sealed = `sealed:00000000:${Buffer.alloc(64).toString('base64')}`;
    await bench.query(`UPDATE registry.webhook SET secret = $1 WHERE id = $2`, [sealed, id]);
    const [last] = await deliveries();
    await client.replayWebhookDelivery({ id: last?.id, actor: 'test' });
    await eventually(async () =>
      expect((await deliveries())[0]).toMatchObject({
        state: DeliveryState.FAILED,
        lastError: expect.stringContaining('WEBHOOK_SEALING_KEYS'),
      }),
    );
  });

  it.each([
    { what: 'a URL of another protocol', request: { url: 'file:///etc/passwd' }, field: 'url' },
    { what: 'a URL with a password', request: { url: 'https://me:secret@shop.example' }, field: 'url' },
    {
      what: 'an event that never happens',
      request: { url: 'https://shop.example', types: ['alias.gone'] },
      field: 'types[0]',
    },
    { what: 'nobody', request: { url: 'https://shop.example', actor: '' }, field: 'actor' },
  ])('refuses $what', async ({ request, field }) => {
    expect(await refusal(client.addWebhook({ actor: 'test', ...request }))).toMatchObject({
      code: 'BODY_INVALID',
      field,
    });
  });
});

import { writeFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Client } from '@connectrpc/connect';
import type { RegistryService } from '@vinaigrette/contracts/registry';
import { describeWith } from '../../../tools/real-part.mjs';
import { eventually, register, upload, Workbench, type RunningRegistry } from './running-registry.js';
import { tinyFiles } from './tiny-model.js';
import { WebhookReceiver } from './webhook-receiver.js';

describeWith('PostgreSQL', 'DATABASE_URL', 'the verification of artefacts', () => {
  let bench: Workbench;
  let receiver: WebhookReceiver;
  let registry: RunningRegistry;
  let client: Client<typeof RegistryService>;
  beforeAll(async () => {
    bench = await Workbench.open();
    receiver = await WebhookReceiver.open();
    registry = bench.start({ ARTIFACT_CHECK_MS: '50', ARTIFACT_CHECK_AGE_MS: '1', WEBHOOK_NETWORKS: '127.0.0.0/8' });
    client = await registry.client();
    await client.addWebhook({ url: receiver.url, types: ['artifact.corrupt'], actor: 'test' });
  }, 60_000);
  afterAll(async () => {
    await bench?.close();
    receiver?.close();
  });

  const faulty = async () => {
    const { http } = await registry.addresses();
    const text = await (await fetch(`${http}/metrics`)).text();
    return Number(/^vinaigrette_registry_faulty_artifacts (\d+)$/m.exec(text)?.[1]);
  };

  it('tells once of an artefact that rotted, with the versions that need it, until it is mended', async () => {
    const card = Buffer.from('{"sound":true}');
    const { modelVersion } = await register(client, 'rotting', tinyFiles({ 'card.json': card }));
    const { sha256 = '' } = modelVersion?.files.find(({ path }) => path === 'card.json') ?? {};
    const file = join(bench.folder, 'sha256', sha256.slice(0, 2), sha256);
    await rm(file);
    await writeFile(file, '{"sound":null}');
    await eventually(async () => expect(await faulty()).toBe(1));
    await eventually(() =>
      expect(receiver.received.map(({ event }) => event.data)).toMatchObject([
        { sha256, versions: [{ model: 'rotting', version: 1 }] },
      ]),
    );
    expect(await registry.line('an artefact is not what it was')).toMatchObject({ level: 50 });
    await upload(client, card);
    await eventually(async () => expect(await faulty()).toBe(0));
    await rm(file);
    await eventually(async () => expect(await faulty()).toBe(1)); // a file that is gone is no better
    await eventually(() => expect(receiver.received).toHaveLength(2));
  }, 180_000);
});

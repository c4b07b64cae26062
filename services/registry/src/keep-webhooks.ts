import { randomBytes, randomUUID } from 'node:crypto';
import type { AddWebhookRequest, Webhook, WebhookDelivery } from '@vinaigrette/contracts/registry';
import { Problem } from '@vinaigrette/problems';
import { checkActor } from './domain/names.js';
import { checkEventTypes, checkWebhookUrl } from './domain/webhooks/check-webhook.js';
import {
  isSealedByFirst,
  NONCE_BYTES,
  openSecret,
  sealSecret,
  type SealingKeys,
} from './domain/webhooks/seal-secret.js';
import { secretText } from './domain/webhooks/sign-message.js';
import type { Webhooks } from './webhooks.js';

const SECRET_BYTES = 32;
const DELIVERIES_DEFAULT = 100;
const DELIVERIES_MAX = 1_000;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Says who is told of changes, and tells what became of it. */
export class KeepWebhooks {
  constructor(
    private readonly webhooks: Webhooks,
    private readonly keys: SealingKeys,
  ) {}

  async add({ url, types, actor }: AddWebhookRequest): Promise<{ webhook: Webhook; secret: string }> {
    checkWebhookUrl(url);
    checkEventTypes(types);
    checkActor(actor, 'actor');
    const [id, secret] = [randomUUID(), secretText(randomBytes(SECRET_BYTES))];
    const webhook = await this.webhooks.add(
      { id, url, types: [...new Set(types)], createdBy: actor },
      this.sealed(secret, id),
    );
    return { webhook, secret };
  }

  /** Seals by the first key what was kept before there was one, or under one that is to go. Answers how many it was. */
  async sealAll(): Promise<number> {
    const others = (await this.webhooks.secrets()).filter(({ secret }) => !isSealedByFirst(secret, this.keys));
    let sealed = 0;
    for (const { id, secret: kept } of others) {
      const secret = openSecret(kept, id, this.keys);
      if (secret === undefined) continue; // its deliveries tell
      await this.webhooks.keepSecret(id, kept, this.sealed(secret, id));
      sealed += 1;
    }
    return sealed;
  }

  list(): Promise<Webhook[]> {
    return this.webhooks.list();
  }

  async remove(id: string, actor: string): Promise<Webhook> {
    checkActor(actor, 'actor');
    const removed = UUID.test(id) ? await this.webhooks.remove(id) : undefined;
    if (!removed) throw new Problem('WEBHOOK_NOT_FOUND', `There is no webhook ${id.slice(0, 80)}`, { field: 'id' });
    return removed;
  }

  async deliveries(webhookId: string, limit: number): Promise<WebhookDelivery[]> {
    if (webhookId !== '' && !UUID.test(webhookId)) return [];
    return this.webhooks.deliveries(webhookId, Math.min(limit || DELIVERIES_DEFAULT, DELIVERIES_MAX));
  }

  async replay(id: string, actor: string): Promise<WebhookDelivery> {
    checkActor(actor, 'actor');
    const due = UUID.test(id.replace(/^msg_/, '')) ? await this.webhooks.replay(id) : undefined;
    if (!due) throw new Problem('DELIVERY_NOT_FOUND', `There is no delivery ${id.slice(0, 80)}`, { field: 'id' });
    return due;
  }

  private sealed(secret: string, id: string): string {
    return sealSecret(secret, id, this.keys, randomBytes(NONCE_BYTES));
  }
}

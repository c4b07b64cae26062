import { randomBytes, randomUUID } from 'node:crypto';
import type { AddWebhookRequest, Webhook, WebhookDelivery } from '@vinaigrette/contracts/registry';
import { Problem } from '@vinaigrette/problems';
import { checkActor } from './domain/names.js';
import { checkEventTypes, checkWebhookUrl } from './domain/webhooks/check-webhook.js';
import { secretText } from './domain/webhooks/sign-message.js';
import type { Webhooks } from './webhooks.js';

const SECRET_BYTES = 32;
const DELIVERIES_DEFAULT = 100;
const DELIVERIES_MAX = 1_000;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Says who is told of changes, and tells what became of it. */
export class KeepWebhooks {
  constructor(private readonly webhooks: Webhooks) {}

  async add({ url, types, actor }: AddWebhookRequest): Promise<{ webhook: Webhook; secret: string }> {
    checkWebhookUrl(url);
    checkEventTypes(types);
    checkActor(actor, 'actor');
    const secret = secretText(randomBytes(SECRET_BYTES));
    const webhook = await this.webhooks.add(
      { id: randomUUID(), url, types: [...new Set(types)], createdBy: actor },
      secret,
    );
    return { webhook, secret };
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
}

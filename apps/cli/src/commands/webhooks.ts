import type { Command } from 'commander';
import { DeliveryState, type Webhook, type WebhookDelivery } from '@vinaigrette/contracts/registry';
import { table } from '../domain/table.js';
import { openCalls } from './registry-of.js';
import { timeOf, wholeNumber } from './words.js';

export function addWebhooks(program: Command): void {
  const webhooks = program.command('webhooks').description('who is told when something changes in the registry');
  webhooks
    .command('add')
    .argument('<url>', 'http or https, of a public address unless WEBHOOK_NETWORKS of the registry allows others')
    .option('--types <types>', 'alias.moved, version.ready, rollout.changed, artifact.corrupt; default: all', types, [])
    .description('post every later change there, signed as Standard Webhooks says')
    .action(async (url: string, options: { types: string[] }) => {
      const { calls, actor } = openCalls();
      const { webhook, secret } = await calls.addWebhook({ url, types: options.types, actor });
      console.log(`${secret}\n\nWebhook ${webhook?.id} signs with this secret, which is shown this once.`);
    });
  webhooks
    .command('list')
    .description('webhooks, oldest first')
    .action(async () => console.log(listing((await openCalls().calls.listWebhooks({})).webhooks)));
  webhooks
    .command('deliveries')
    .argument('[id]', 'of the webhook; default: of all', '')
    .option('--limit <number>', 'how many, at most 1000', wholeNumber, 50)
    .description('what was posted and what came of it, newest first')
    .action(async (webhookId: string, { limit }: { limit: number }) =>
      console.log(deliveryListing((await openCalls().calls.listWebhookDeliveries({ webhookId, limit })).deliveries)),
    );
  webhooks
    .command('replay')
    .argument('<id>', 'of the delivery, msg_...')
    .description('post the same message again')
    .action(async (id: string) => {
      const { calls, actor } = openCalls();
      await calls.replayWebhookDelivery({ id, actor });
      console.log(`${id} is posted again`);
    });
  webhooks
    .command('remove')
    .argument('<id>', 'as `vinaigrette webhooks list` shows it')
    .description('post nothing more there')
    .action(async (id: string) => {
      const { calls, actor } = openCalls();
      const { webhook } = await calls.removeWebhook({ id, actor });
      console.log(`${webhook?.url} is told nothing more`);
    });
}

const types = (text: string): string[] => text.split(',').map((word) => word.trim());

function listing(webhooks: Webhook[]): string {
  if (webhooks.length === 0) return 'Nobody is told. Add a webhook: vinaigrette webhooks add https://...';
  const rows = webhooks.map((webhook) => [
    webhook.id,
    webhook.url,
    webhook.types.join(',') || 'all',
    `${timeOf(webhook.createdAtMs)} by ${webhook.createdBy}`,
  ]);
  return table(['ID', 'URL', 'OF', 'ADDED (UTC)'], rows);
}

function deliveryListing(deliveries: WebhookDelivery[]): string {
  if (deliveries.length === 0) return 'Nothing was posted';
  const rows = deliveries.map((delivery) => [
    delivery.id,
    delivery.type,
    DeliveryState[delivery.state].toLowerCase(),
    String(delivery.attempts),
    delivery.lastError || (delivery.lastStatus === 0 ? '-' : String(delivery.lastStatus)),
    timeOf(delivery.createdAtMs),
    delivery.nextAttemptAtMs === 0n ? '-' : timeOf(delivery.nextAttemptAtMs),
  ]);
  return table(['ID', 'TYPE', 'STATE', 'ATTEMPTS', 'ANSWER', 'SINCE (UTC)', 'NEXT (UTC)'], rows);
}

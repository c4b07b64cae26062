import { createHash } from 'node:crypto';
import { annotationsOf, labelsOf, type Links, type Page } from '../../domain/page.js';
import { Receiver } from '../../receivers.js';
import { postJson } from './post-json.js';

/**
 * Anybody who understands Alertmanager's webhook, version 4. Should an answer be lost, the same is posted again under
 * the same `idempotency-key`.
 */
export class Webhook extends Receiver {
  readonly manner = 'once';
  readonly name = 'webhook';

  constructor(
    private readonly url: string,
    private readonly links: Links,
  ) {
    super();
  }

  async tell(page: Page, edge: 'firing' | 'resolved'): Promise<void> {
    const [labels, annotations] = [labelsOf(page), annotationsOf(page, this.links)];
    const alert = {
      status: edge,
      labels,
      annotations,
      startsAt: new Date(page.sinceMs).toISOString(),
      // Go's zero time stands for "has not ended", as from Alertmanager.
      endsAt: edge === 'resolved' ? new Date(page.endedMs as number).toISOString() : '0001-01-01T00:00:00Z',
      generatorURL: annotations.dashboard_url,
      fingerprint: createHash('sha256').update(JSON.stringify(labels)).digest('hex').slice(0, 16),
    };
    const message = {
      version: '4',
      groupKey: page.id,
      truncatedAlerts: 0,
      status: edge,
      receiver: this.name,
      groupLabels: { alertname: page.name, model: page.model, model_version: String(page.version) },
      commonLabels: labels,
      commonAnnotations: annotations,
      externalURL: this.links.consoleUrl,
      alerts: [alert],
    };
    await postJson(this.url, message, { 'idempotency-key': `${page.id}/${edge}` });
  }
}

import { annotationsOf, type Links, type Page } from '../../domain/page.js';
import { Receiver } from '../../receivers.js';
import { postJson } from './post-json.js';

const colours = { warning: '#daa038', critical: '#a30200', resolved: '#2eb886' };

/** A channel, through one of Slack's incoming webhooks. Those cannot change a message: the end is a second one. */
export class Slack extends Receiver {
  readonly manner = 'once';
  readonly name = 'slack';

  constructor(
    private readonly url: string,
    private readonly links: Links,
  ) {
    super();
  }

  async tell(page: Page, edge: 'firing' | 'resolved'): Promise<void> {
    const {
      description = '',
      features,
      segments,
      kpi,
      since,
      dashboard_url,
      runbook_url,
    } = annotationsOf(page, this.links);
    const resolved = edge === 'resolved';
    const title = resolved ? `RESOLVED: ${page.summary}` : `${page.severity.toUpperCase()}: ${page.summary}`;
    const lines = resolved
      ? [`It lasted from ${since} to ${new Date(page.endedMs as number).toISOString()}.`]
      : [features ?? description, segments && `Segments: ${segments}`, kpi, `Since ${since}`];
    const links = [`<${dashboard_url}|console>`, `<${runbook_url}|runbook>`].join('  ');
    const text = [...lines.filter((line) => line !== undefined && line !== '').map((line) => plain(line!)), links];
    const colour = colours[resolved ? 'resolved' : page.severity];
    await postJson(this.url, {
      text: plain(title),
      attachments: [{ color: colour, fallback: plain(title), text: text.join('\n'), mrkdwn_in: ['text'] }],
    });
  }
}

/** Slack reads three characters as its own. */
const plain = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

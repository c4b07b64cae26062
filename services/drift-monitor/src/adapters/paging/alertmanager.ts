import { annotationsOf, labelsOf, type Links, type Page } from '../../domain/page.js';
import { Receiver } from '../../receivers.js';
import { postJson } from './post-json.js';

/** Said again every minute; a monitor that is away for less than this does not seem to give the all-clear. */
const HOLD_MS = 60 * 60 * 1_000;

/** One Alertmanager, API v2. Each peer of a cluster is a receiver of its own, as its documentation asks. */
export class Alertmanager extends Receiver {
  readonly manner = 'renewed';
  readonly name: string;

  /** `url`: where its web interface is, e.g. http://127.0.0.1:9093 */
  constructor(
    private readonly url: string,
    private readonly links: Links,
  ) {
    super();
    this.name = `alertmanager ${new URL(url).host}`;
  }

  async tell(page: Page, edge: 'firing' | 'resolved', nowMs: number): Promise<void> {
    const annotations = annotationsOf(page, this.links);
    const alert = {
      labels: labelsOf(page),
      annotations,
      startsAt: new Date(page.sinceMs).toISOString(),
      endsAt: new Date(edge === 'resolved' ? Math.min(page.endedMs ?? nowMs, nowMs) : nowMs + HOLD_MS).toISOString(),
      generatorURL: annotations.dashboard_url,
    };
    await postJson(`${this.url.replace(/\/$/, '')}/api/v2/alerts`, [alert]);
  }
}

import type { Logger } from '@vinaigrette/edge';
import { failedOf, isFinal, nextEdge, toldOf, type Edge, type Told } from './domain/delivery.js';
import { labelsOf } from './domain/page.js';
import { isSilenced, type Silence } from './domain/silence.js';
import type { MonitorMetrics } from './metrics.js';
import type { PageDelivery, Pages } from './pages.js';
import type { Receiver } from './receivers.js';
import type { Silences } from './silences.js';

/** Pages are kept for so long after they ended. */
const KEPT_MS = 30 * 24 * 60 * 60 * 1_000;

/** Empties the outbox: tells every receiver what it does not know yet, for as long as that takes. */
export class DeliverPages {
  constructor(
    private readonly pages: Pages,
    private readonly silences: Silences,
    private readonly receivers: readonly Receiver[],
    private readonly metrics: MonitorMetrics,
    private readonly logger: Logger,
  ) {}

  /** Once through the outbox. One receiver that hangs or fails does not keep the others waiting. */
  async run(nowMs: number): Promise<void> {
    const silences = await this.silences.list(nowMs);
    await this.pages.forget(nowMs - KEPT_MS);
    await Promise.all(this.receivers.map((receiver) => this.tellAll(receiver, silences, nowMs)));
  }

  private async tellAll(receiver: Receiver, silences: readonly Silence[], nowMs: number): Promise<void> {
    const pending = await this.pages.pending(receiver.name);
    const waiting = pending.filter(({ told }) => !isFinal(told, receiver.manner, nowMs));
    this.metrics.pagesWaiting.set({ receiver: receiver.name }, waiting.filter(({ told }) => told.edge === '').length);
    const next = (delivery: PageDelivery) => this.next(receiver, delivery, silences, nowMs);
    let works = true;
    for (const delivery of waiting) {
      if (!works) return;
      if (!next(delivery)) continue;
      await this.pages.deliver(receiver.name, delivery.page.id, async (now) => {
        // Another monitor may have told it since the list was read.
        const edge = next(now);
        if (!edge) return undefined;
        const told = await this.tell(receiver, now, edge, nowMs);
        works = told.failures === 0;
        return told;
      });
    }
  }

  private next({ manner }: Receiver, { page, told }: PageDelivery, silences: readonly Silence[], nowMs: number) {
    return nextEdge(page, told, { manner, silenced: isSilenced(labelsOf(page), silences, nowMs), nowMs });
  }

  private async tell(
    receiver: Receiver,
    { page, told }: PageDelivery,
    edge: Exclude<Edge, ''>,
    nowMs: number,
  ): Promise<Told> {
    if (edge === 'dropped') return toldOf(told, edge, nowMs);
    try {
      await receiver.tell(page, edge, nowMs);
    } catch (error) {
      this.metrics.pageDeliveries.inc({ receiver: receiver.name, result: 'failed' });
      const reason = error instanceof Error ? error.message : String(error);
      // Once when it begins to fail; it may go on for hours.
      const level = told.failures === 0 ? 'warn' : 'debug';
      this.logger[level]({ receiver: receiver.name, page: page.id, reason }, 'a page could not be told; it waits');
      return failedOf(told, nowMs);
    }
    this.metrics.pageDeliveries.inc({ receiver: receiver.name, result: edge });
    return toldOf(told, edge, nowMs);
  }
}

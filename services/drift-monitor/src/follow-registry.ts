import { setTimeout as delay } from 'node:timers/promises';
import type { WantedState } from '@vinaigrette/contracts/registry';
import type { Logger } from '@vinaigrette/edge';
import type { MonitorMetrics } from './metrics.js';
import type { WantedStates } from './wanted-states.js';

/** Who is told of every state the registry sends. */
export interface StateTaker {
  /** Throws when it cannot be taken over now: then it is told again. */
  take(state: WantedState): Promise<void>;
}

/** First and longest pause before the registry is asked again, in milliseconds. */
const PAUSE_MS = { first: 200, longest: 5_000 };

/** Follows the registry in the background, on one stream for all who want to know, for as long as it takes. */
export class FollowRegistry {
  private readonly stopping = new AbortController();
  private following: Promise<void> = Promise.resolve();

  constructor(
    private readonly registry: WantedStates,
    /** Told one after the other, in this order. */
    private readonly takers: readonly StateTaker[],
    private readonly metrics: MonitorMetrics,
    private readonly logger: Logger,
  ) {}

  start(): void {
    this.following = this.follow();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.following;
  }

  private async follow(): Promise<void> {
    const { signal } = this.stopping;
    let pauseMs = PAUSE_MS.first;
    while (!signal.aborted) {
      try {
        for await (const state of this.registry.watch(signal)) {
          this.metrics.registryConnected.set(1);
          for (const taker of this.takers) await taker.take(state);
          pauseMs = PAUSE_MS.first;
        }
      } catch (error) {
        if (signal.aborted) break;
        // Once when it goes away; it may be away for days.
        const level = pauseMs === PAUSE_MS.first ? 'warn' : 'debug';
        const reason = error instanceof Error ? error.message : String(error);
        this.logger[level]({ reason }, 'the registry cannot be followed; known versions are counted as before');
      }
      this.metrics.registryConnected.set(0);
      await delay(pauseMs, undefined, { signal }).catch(() => undefined);
      pauseMs = Math.min(pauseMs * 2, PAUSE_MS.longest);
    }
  }
}

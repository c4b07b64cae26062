import type { WantedState } from '@vinaigrette/contracts/registry';
import type { WantedStates } from './wanted-states.js';

/**
 * Tells any number of watchers the newest wanted state: at once, and again at every change. A watcher that is slow to
 * take a state misses the ones between and gets the newest; nothing is queued for it.
 */
export class WatchWantedState {
  /** What was read last; undefined: nothing yet. */
  latest: WantedState | undefined;
  private readonly sleepers = new Set<() => void>();
  private refreshing: Promise<void> | undefined;
  private refreshAgain = false;
  private closed = false;

  /** `failed` hears why the database could not be asked; watchers keep the state they have. */
  constructor(
    private readonly states: WantedStates,
    private readonly failed: (error: unknown) => void,
  ) {}

  get revision(): bigint {
    return this.latest?.revision ?? 0n;
  }

  /** Asks the database whether anything changed. Calls that come while one is asking are answered by one more. */
  refresh(): Promise<void> {
    this.refreshAgain = true;
    this.refreshing ??= this.refreshUntilNobodyAsks().finally(() => (this.refreshing = undefined));
    return this.refreshing;
  }

  /**
   * Yields states of growing revision until the signal aborts or `close` is called. The first is no older than the call,
   * so that who has moved an alias and then watches sees it moved - unless the database cannot be asked.
   */
  async *watch(signal: AbortSignal): AsyncGenerator<WantedState> {
    let told = -1n;
    await this.refresh();
    while (!this.closed && !signal.aborted) {
      if (this.latest && this.latest.revision > told) {
        told = this.latest.revision;
        yield this.latest;
      } else {
        await this.change(signal);
      }
    }
  }

  /** Ends every watch after the state it is telling. */
  close(): void {
    this.closed = true;
    this.wake();
  }

  private async refreshUntilNobodyAsks(): Promise<void> {
    while (this.refreshAgain && !this.closed) {
      this.refreshAgain = false;
      try {
        if (this.latest && (await this.states.revision()) === this.latest.revision) continue;
        const state = await this.states.read();
        if (this.latest && state.revision <= this.latest.revision) continue;
        this.latest = state;
        this.wake();
      } catch (error) {
        this.failed(error);
      }
    }
  }

  private change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        this.sleepers.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.sleepers.add(wake);
      signal.addEventListener('abort', wake);
    });
  }

  private wake(): void {
    for (const wake of [...this.sleepers]) wake();
  }
}

import { setTimeout as sleep } from 'node:timers/promises';

/** Waits that grow while something fails: doubled each time, up to a limit, with a quarter of chance in them. */
export class Backoff {
  /** Since the last success. */
  failures = 0;
  private untilMs = 0;

  constructor(private readonly limits = { firstMs: 100, maxMs: 5_000 }) {}

  succeeded(): void {
    this.failures = 0;
    this.untilMs = 0;
  }

  /** Counts a failure; the wait that follows it, in milliseconds. */
  failed(): number {
    this.failures += 1;
    const waitMs = Math.round(this.nextMs() * (0.75 + Math.random() / 4));
    this.untilMs = Date.now() + waitMs;
    return waitMs;
  }

  isWaiting(): boolean {
    return Date.now() < this.untilMs;
  }

  /** Resolves after the wait, or at once when the signal says so. */
  async pause(signal: AbortSignal): Promise<void> {
    const waitMs = Math.max(this.untilMs - Date.now(), this.failures === 0 ? this.limits.firstMs : 0);
    await sleep(waitMs, undefined, { signal }).catch(() => undefined);
  }

  private nextMs(): number {
    return Math.min(this.limits.maxMs, this.limits.firstMs * 2 ** (this.failures - 1));
  }
}

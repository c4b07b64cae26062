/** Loops of this process that must go round, and when each last did. */
export class Pulses {
  private readonly loops = new Map<string, { lastMs: number; pauseMs: number }>();

  constructor(
    /** A loop that has not gone round for so long, its own pause aside, stands still. */
    private readonly stalledAfterMs: number,
    private readonly now: () => number,
  ) {}

  /** From now on the loop is expected to go round, with such a pause; what it has to call each time it does. */
  watch(loop: string, pauseMs = 0): () => void {
    const beat = () => void this.loops.set(loop, { lastMs: this.now(), pauseMs });
    beat();
    return beat;
  }

  /** Those that stand still, with the seconds since they moved. */
  stalled(): { loop: string; seconds: number }[] {
    const nowMs = this.now();
    return [...this.loops]
      .filter(([, { lastMs, pauseMs }]) => nowMs - lastMs > this.stalledAfterMs + pauseMs)
      .map(([loop, { lastMs }]) => ({ loop, seconds: Math.round((nowMs - lastMs) / 1_000) }));
  }
}

import type { Hits } from './hits.js';
import type { Ledger } from './ledger.js';

/** Dead letters kept for whoever looks into them. */
const DEAD_LETTERS_MAX = 10_000;

/** Keeps the tables of single records small; what was counted stays. */
export class ForgetOldRecords {
  constructor(
    private readonly hits: Hits,
    private readonly ledger: Ledger,
    private readonly outcomeWaitMs: number,
  ) {}

  async run(nowMs: number): Promise<void> {
    await this.hits.rollUp(nowMs - this.outcomeWaitMs);
    await this.ledger.forgetDeadLetters(DEAD_LETTERS_MAX);
  }
}

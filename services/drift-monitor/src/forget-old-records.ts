import type { Hits } from './hits.js';
import type { Ledger } from './ledger.js';
import type { Panes } from './panes.js';

/** Dead letters kept for whoever looks into them. */
const DEAD_LETTERS_MAX = 10_000;

/** Keeps the tables of single records small; what was counted stays until it is older than anybody asks for. */
export class ForgetOldRecords {
  constructor(
    private readonly hits: Hits,
    private readonly ledger: Ledger,
    private readonly panes: Panes,
    private readonly keep: { outcomeWaitMs: number; paneRetentionMs: number },
  ) {}

  async run(nowMs: number): Promise<void> {
    await this.hits.rollUp(nowMs - this.keep.outcomeWaitMs);
    await this.ledger.forgetDeadLetters(DEAD_LETTERS_MAX);
    await this.panes.forget(nowMs - this.keep.paneRetentionMs);
  }
}

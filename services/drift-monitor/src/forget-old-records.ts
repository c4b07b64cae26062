import type { Hits } from './hits.js';
import type { Ledger } from './ledger.js';
import type { Looks } from './looks.js';
import type { Panes } from './panes.js';

/** Dead letters kept for whoever looks into them. */
const DEAD_LETTERS_MAX = 10_000;
/** How long looks are kept: a month, and some days to read about it. */
const LOOKS_MS = 35 * 24 * 60 * 60 * 1_000;

/** Keeps the tables of single records small; what was counted stays until it is older than anybody asks for. */
export class ForgetOldRecords {
  constructor(
    private readonly hits: Hits,
    private readonly ledger: Ledger,
    private readonly panes: Panes,
    private readonly looks: Looks,
    private readonly keep: { outcomeWaitMs: number; paneRetentionMs: number },
  ) {}

  async run(nowMs: number): Promise<void> {
    await this.hits.rollUp(nowMs - this.keep.outcomeWaitMs);
    await this.ledger.forgetDeadLetters(DEAD_LETTERS_MAX);
    await this.panes.forget(nowMs - this.keep.paneRetentionMs);
    await this.looks.forget(nowMs - LOOKS_MS);
  }
}

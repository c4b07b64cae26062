import type { BatchPlan } from '../domain/batch-plan.js';
import type { ScoredRows } from '../domain/batch-rows.js';
import type { Progress } from '../domain/progress.js';
import type { BatchSource, Position } from './batch-source.js';
import type { BatchJob, Scores } from './scores.js';
import type { ScoreRows } from './score-rows.js';

export interface BatchSizes {
  /** Rows of one call. */
  rowsAtATime: number;
  /** Calls under way at a time. */
  callsMax: number;
}

export interface BatchDone {
  rows: number;
  rejected: number;
  /** Of this run alone. */
  ownRows: number;
  elapsedMs: number;
}

interface UnderWay {
  position: Position;
  scored: Promise<ScoredRows>;
}

/** Asks for the rows of a source in large batches, several at a time, and keeps the answers in the order of the rows. */
export async function scoreBatch(
  job: BatchJob,
  { source, plan, scorer, scores }: { source: BatchSource; plan: BatchPlan; scorer: ScoreRows; scores: Scores },
  { rowsAtATime, callsMax }: BatchSizes,
  tell: (progress: Omit<Progress, 'total'>) => void,
): Promise<BatchDone> {
  const start = scores.checkpoint?.position ?? { rows: 0 };
  const startedMs = performance.now();
  let [{ rows }, rejected] = [start, scores.checkpoint?.rejected ?? 0];
  await scores.begin();
  const underWay: UnderWay[] = [];
  const keepFirst = async () => {
    const { position, scored } = underWay[0]!;
    const answered = await scored;
    underWay.shift();
    rejected += answered.rejected.length;
    await scores.append(answered, { job, position, rejected });
    ({ rows } = position);
    tell({ rows, rejected, ownRows: rows - start.rows, elapsedMs: performance.now() - startedMs });
  };
  try {
    for await (const read of source.read(plan.read, start, rowsAtATime)) {
      const scored = scorer.score(read.rows, new Date());
      scored.catch(() => undefined); // told when its turn comes
      underWay.push({ position: read.position, scored });
      if (underWay.length >= callsMax) await keepFirst();
    }
    while (underWay.length > 0) await keepFirst();
  } finally {
    await Promise.allSettled(underWay.map(({ scored }) => scored));
  }
  const broken = await source.brokenLines();
  await scores.finish(broken);
  rejected += broken.length;
  return { rows, rejected, ownRows: rows - start.rows, elapsedMs: performance.now() - startedMs };
}

import type { PerformancePolicy } from '@vinaigrette/documents';
import {
  confusionMeasures,
  lossMeasures,
  rankingMeasures,
  regressionMeasures,
  type Confusion,
  type LossSums,
  type RankingSums,
  type RegressionSums,
} from '@vinaigrette/drift-monitor/measures';

/** What was right, and what a version says, of one row. */
export interface JudgedRow {
  segments: readonly string[];
  truth: { number: number | null; text: string; skus: readonly string[] };
  /** The values of every output. */
  answer: Readonly<Record<string, readonly (number | string)[]>>;
}

type Task = PerformancePolicy['task'];
type Classification = Extract<Task, { kind: 'classification' }>;
type Score = NonNullable<Classification['score']>;
const RANKED_MAX = 10;

/**
 * The numbers a version reached, defined as the drift monitor measures them in use; a number that cannot be told is left
 * out. Rows without the truth that the task asks for are not judged. `ranking`: the output that lists what to show.
 */
export function judgeAnswers(
  task: Task,
  rows: readonly JudgedRow[],
  ranking: string,
): { rows: number; metrics: Record<string, number> } {
  switch (task.kind) {
    case 'regression': {
      const known = rows.filter(({ truth }) => truth.number !== null);
      return told(known, regressionMeasures(regressionSums(task.output, known)));
    }
    case 'classification': {
      const known = rows.filter(({ truth }) => labelOf(truth) !== '');
      const { accuracy } = confusionMeasures(confusionOf(task, known));
      return told(known, { accuracy, ...(task.score ? lossMeasures(lossSums(task.score, known)) : {}) });
    }
    case 'ranking': {
      const known = rows.filter(({ truth, answer }) => truth.skus.length > 0 && shownOf(answer, ranking).length > 0);
      return told(known, rankingMeasures(rankingSums(ranking, known)));
    }
  }
}

/** The same for every sub-population. */
export function judgeSegments(task: Task, rows: readonly JudgedRow[], ranking: string) {
  const names = [...new Set(rows.flatMap(({ segments }) => segments))].sort();
  return names
    .map((segment) => ({
      segment,
      ...judgeAnswers(
        task,
        rows.filter(({ segments }) => segments.includes(segment)),
        ranking,
      ),
    }))
    .filter(({ rows: judged }) => judged > 0);
}

function told(rows: readonly JudgedRow[], measures: Record<string, { value: number | null }>) {
  const known = Object.entries(measures).flatMap(([name, { value }]) =>
    value !== null && Number.isFinite(value) ? [[name, value]] : [],
  );
  return { rows: rows.length, metrics: rows.length === 0 ? {} : (Object.fromEntries(known) as Record<string, number>) };
}

function regressionSums(output: string, rows: readonly JudgedRow[]): RegressionSums {
  const sums: RegressionSums = { n: rows.length, e: 0, absE: 0, ee: 0, eeee: 0, y: 0, yy: 0 };
  for (const { truth, answer } of rows) {
    const y = truth.number as number;
    const e = Number(answer[output]?.[0]) - y;
    sums.e += e;
    sums.absE += Math.abs(e);
    sums.ee += e * e;
    sums.eeee += e ** 4;
    sums.y += y;
    sums.yy += y * y;
  }
  return sums;
}

function confusionOf(task: Classification, rows: readonly JudgedRow[]): Confusion[] {
  const cells = new Map<string, Confusion>();
  for (const row of rows) {
    const [predicted, actual] = classesOf(task, row);
    const key = `${predicted}\0${actual}`;
    const cell = cells.get(key) ?? { predicted, actual, n: 0 };
    cell.n += 1;
    cells.set(key, cell);
  }
  return [...cells.values()];
}

/** The class that is said, and the one that was right; where only a score is given it is one class or not. */
function classesOf(task: Classification, { truth, answer }: JudgedRow): [string, string] {
  const label = labelOf(truth);
  const positive = task.score?.positive ?? '';
  const isRight = task.output !== undefined || label === positive;
  return [classOf(task, answer), isRight ? label : `not ${positive}`];
}

/** The class that an answer says. */
export function classOf({ output, score }: Classification, answer: JudgedRow['answer']): string {
  if (output !== undefined) return String(answer[output]?.[0] ?? '');
  const positive = score?.positive ?? '';
  return scoreOf(answer, score) >= 0.5 ? positive : `not ${positive}`;
}

/** Logarithms of shares within 1e-15 of 0 and 1 are those of 1e-15. */
function lossSums(score: Score, rows: readonly JudgedRow[]): LossSums {
  const sums = { n: rows.length, logLoss: 0, logLossSquared: 0, brier: 0, brierSquared: 0 };
  for (const { truth, answer } of rows) {
    const p = scoreOf(answer, score);
    const positive = labelOf(truth) === score.positive;
    const loss = -Math.log(Math.max(positive ? p : 1 - p, 1e-15));
    const brier = (p - (positive ? 1 : 0)) ** 2;
    sums.logLoss += loss;
    sums.logLossSquared += loss * loss;
    sums.brier += brier;
    sums.brierSquared += brier * brier;
  }
  return sums;
}

const scoreOf = (answer: JudgedRow['answer'], score: Score | undefined): number =>
  Math.min(1, Math.max(0, Number(answer[score?.output ?? '']?.[score?.index ?? 0])));

function rankingSums(ranking: string, rows: readonly JudgedRow[]): RankingSums {
  const sums = { n: rows.length, hits1: 0, hits5: 0, hits10: 0, rr: 0, rrSquared: 0, ndcg: 0, ndcgSquared: 0 };
  for (const { truth, answer } of rows) {
    const places = shownOf(answer, ranking).flatMap((sku, at) => (truth.skus.includes(sku) ? [at + 1] : []));
    const first = places[0] ?? Infinity;
    const ndcg =
      gain(places.filter((place) => place <= RANKED_MAX)) / gain(upTo(Math.min(truth.skus.length, RANKED_MAX)));
    sums.hits1 += first <= 1 ? 1 : 0;
    sums.hits5 += first <= 5 ? 1 : 0;
    sums.hits10 += first <= 10 ? 1 : 0;
    sums.rr += 1 / first;
    sums.rrSquared += 1 / first ** 2;
    sums.ndcg += ndcg;
    sums.ndcgSquared += ndcg * ndcg;
  }
  return sums;
}

const gain = (places: readonly number[]): number => places.reduce((sum, place) => sum + 1 / Math.log2(place + 1), 0);
const upTo = (count: number): number[] => Array.from({ length: count }, (_, at) => at + 1);
/** What is to be shown, best first: places that hold nothing are not. */
export const shownOf = (answer: JudgedRow['answer'], ranking: string): string[] =>
  (answer[ranking] ?? []).map(String).filter((sku) => sku !== '');
/** A class may have been told as a number: 1 is the class "1". */
const labelOf = ({ text, number }: JudgedRow['truth']): string =>
  text === '' && number !== null ? String(number) : text;

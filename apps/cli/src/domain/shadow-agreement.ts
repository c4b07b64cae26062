import type { PerformancePolicy } from '@vinaigrette/documents';
import { classOf, shownOf, type JudgedRow } from './judge-answers.js';

/** What two versions said to the same question: the one in force, which was returned, and its shadow. */
export interface ShadowedAnswer {
  segments: readonly string[];
  returned: JudgedRow['answer'];
  shadow: JudgedRow['answer'];
}

export interface Agreement {
  rows: number;
  /** Share of the answers that are the same, 0 to 1. */
  metrics: { agreement: number };
}

/** How two answers are compared. */
export interface Comparison {
  task: PerformancePolicy['task'];
  /** The output that lists what to show; of a ranking. */
  ranking: string;
  /** How far apart two numbers may be and still agree, as a share of the returned one. */
  within: number;
}

/** The share of the answers that agree, whole and by sub-population, by name. Undefined of no answers at all. */
export function agreementOf(answers: readonly ShadowedAnswer[], comparison: Comparison) {
  if (answers.length === 0) return undefined;
  const names = [...new Set(answers.flatMap(({ segments }) => segments))].sort();
  const segments = names.map((segment) => ({
    segment,
    ...shareOf(
      answers.filter(({ segments: of }) => of.includes(segment)),
      comparison,
    ),
  }));
  return { ...shareOf(answers, comparison), segments };
}

function shareOf(answers: readonly ShadowedAnswer[], comparison: Comparison): Agreement {
  const same = answers.filter((answer) => agrees(answer, comparison)).length;
  return { rows: answers.length, metrics: { agreement: same / answers.length } };
}

/** A number near the returned one, the same class, or the same best item: what a caller would not notice. */
function agrees({ returned, shadow }: ShadowedAnswer, { task, ranking, within }: Comparison): boolean {
  switch (task.kind) {
    case 'regression': {
      const [before, after] = [Number(returned[task.output]?.[0]), Number(shadow[task.output]?.[0])];
      return Math.abs(after - before) <= within * Math.abs(before);
    }
    case 'classification':
      return classOf(task, shadow) === classOf(task, returned);
    case 'ranking':
      return shownOf(shadow, ranking)[0] === shownOf(returned, ranking)[0];
  }
}

import type { RetrainingPolicy } from '@vinaigrette/documents';

/** What is remembered of a model's trainings. Times in milliseconds since the epoch. */
export interface RetrainingMemory {
  /** Event time of the newest label that a finished training has seen. */
  dataUntilMs?: number;
  /** When the last training began, whatever became of it. */
  attemptedAtMs?: number;
  /** Ids of pages that were answered with a training. */
  answeredPages: string[];
  trained: number;
  /** Trainings in a row that failed. */
  failures: number;
  /** What became of the last, in words. */
  last?: string;
  /** Set while one runs: found at a start, it was cut off. */
  underWay?: { why: string; range: { fromMs: number; toMs: number }; pages: string[] };
}

export interface OpenPage {
  id: string;
  name: string;
  version: number;
  summary: string;
}

/** How the world looks to a model that might be trained. */
export interface RetrainingFacts {
  nowMs: number;
  /** Somebody asks for it, and says why. */
  byHand?: string | undefined;
  /** Open ones of the model. */
  pages: readonly OpenPage[];
  /** The version in force; undefined: there is none. */
  champion: number | undefined;
  /** Of all labels of the model, in event time, and how many there are in the window; undefined: there are none. */
  labelled: { oldestMs: number; newestMs: number; inWindow: number } | undefined;
  /** Another version of the model is on trial. */
  onTrial: boolean;
}

export type RetrainingDecision = { train: true; why: string; pages: string[] } | { train: false; why: string };

/**
 * Whether a model is trained now, and why or why not. Something must ask for it: a person, a page about the version in
 * force that was not answered yet, or enough event time of new labels. Then there must be something to learn.
 */
export function decideRetraining(
  policy: RetrainingPolicy,
  memory: RetrainingMemory,
  facts: RetrainingFacts,
): RetrainingDecision {
  const { labelled, nowMs, byHand, champion } = facts;
  const pages = facts.pages.filter(
    ({ id, name, version }) =>
      version === champion && (policy.pages as string[]).includes(name) && !memory.answeredPages.includes(id),
  );
  const why = byHand ?? pages[0]?.summary ?? dueByTime(policy, memory, labelled);
  if (why === undefined) return no('nothing asks for it');
  if (!labelled) return no('no prediction has a label yet');
  if (memory.dataUntilMs !== undefined && labelled.newestMs <= memory.dataUntilMs) {
    return no('there is no label that the last training has not seen');
  }
  if (labelled.inWindow < policy.labelledMin) {
    return no(`${labelled.inWindow} labels in the window; ${policy.labelledMin} are wanted`);
  }
  if (facts.onTrial) return no('another version is on trial');
  const readyAtMs = (memory.attemptedAtMs ?? -Infinity) + policy.cooldownMs;
  if (byHand === undefined && nowMs < readyAtMs) return no(`the last one began too short a time ago`);
  return { train: true, why, pages: pages.map(({ id }) => id) };
}

function dueByTime(
  { retrainEveryMs }: RetrainingPolicy,
  { dataUntilMs }: RetrainingMemory,
  labelled: RetrainingFacts['labelled'],
): string | undefined {
  if (!labelled || retrainEveryMs === undefined) return undefined;
  const newMs = labelled.newestMs - (dataUntilMs ?? labelled.oldestMs);
  return newMs >= retrainEveryMs ? `${(newMs / 86_400_000).toFixed(1)} days of new labels` : undefined;
}

const no = (why: string): RetrainingDecision => ({ train: false, why });

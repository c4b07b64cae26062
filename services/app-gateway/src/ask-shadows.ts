import { BUCKETS, type KnownVersion, type Tensors, type Trial } from '@vinaigrette/serving';
import { shadowDifference } from './domain/compare-shadow.js';
import type { Hash } from './domain/field-policies.js';
import type { ModelAnswer } from './domain/model-answer.js';
import { shadowRecord } from './domain/prediction-record.js';
import type { Asker, Route } from './domain/route.js';
import type { Meters } from './meters.js';
import type { Models } from './models.js';
import type { PredictionLog } from './prediction-log.js';

/** Most copies under way at a time; what comes on top is dropped, and counted. */
const UNDER_WAY_MAX = 128;

/** How long a shadow may take, in milliseconds: nobody waits for it, and it must not pile up. */
const SHADOW_DEADLINE_MS = 1_000;

/** A request to repeat, and what was answered to it. */
export interface Shown {
  route: Route;
  asker: Asker;
  occurredAtMs: number;
  inputsOf(version: KnownVersion): Tensors;
  answer: ModelAnswer;
  /** How long the version asked first took, in milliseconds. */
  answerMs: number;
}

/** Asks the shadows what was answered already, and keeps what they say for those who compare. Never on an answer's way. */
export class AskShadows {
  private underWay = 0;

  constructor(
    private readonly models: Models,
    private readonly log: PredictionLog,
    private readonly meters: Meters,
    private readonly hash: Hash,
  ) {}

  /** Returns at once. */
  offer(shown: Shown): void {
    for (const trial of shown.route.shadows) {
      if (this.underWay >= UNDER_WAY_MAX) {
        this.meters.shadowDropped(shown.route.useCase.name, trial.variant);
        continue;
      }
      this.underWay += 1;
      setImmediate(() => void this.ask(shown, trial).finally(() => (this.underWay -= 1)));
    }
  }

  private async ask(shown: Shown, trial: Trial<KnownVersion>): Promise<void> {
    const { route, asker, occurredAtMs } = shown;
    const { model, version } = trial.candidate;
    const inputs = inputsOf(shown, trial.candidate);
    const startedMs = performance.now();
    const answer: ModelAnswer = inputs
      ? await this.models.ask({ model, version: String(version), inputs, deadlineMs: startedMs + SHADOW_DEADLINE_MS })
      : { ok: false, reason: 'refused', why: 'the request does not hold the inputs of this version' };
    const tookMs = performance.now() - startedMs;
    const drawn = { useCase: route.useCase, variant: trial.variant, rolloutId: trial.id };
    this.log.predicted(
      shadowRecord(
        {
          asker,
          occurredAtMs,
          route: { ...drawn, propensity: (trial.shareBps / BUCKETS) * route.useCase.document.shadowSample },
          asked: trial.candidate,
          inputs,
          answer,
          shown: [],
          fired: [],
          latencyUs: tookMs * 1_000,
        },
        this.hash,
      ),
    );
    const difference =
      shown.answer.ok && answer.ok ? shadowDifference(shown.answer.outputs, answer.outputs) : undefined;
    this.meters.shadowed(route.useCase.name, trial.variant, {
      answered: answer.ok,
      ...difference,
      latencyDeltaMs: answer.ok && shown.answer.ok ? tookMs - shown.answerMs : undefined,
    });
  }
}

/** undefined: the version takes others than the request holds. */
function inputsOf(shown: Shown, version: KnownVersion): Tensors | undefined {
  try {
    return shown.inputsOf(version);
  } catch {
    return undefined;
  }
}

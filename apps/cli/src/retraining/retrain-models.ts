import { access, mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { Code, ConnectError } from '@connectrpc/connect';
import { parseDocument, type RetrainingPolicy } from '@vinaigrette/documents';
import type { Logger } from '@vinaigrette/edge';
import { Problem } from '@vinaigrette/problems';
import type { Registry } from '../adapters/registry.js';
import type { StateFile } from '../adapters/state-file.js';
import { ALIAS, bringCandidate, type Brought, type Judged } from '../candidates/bring-candidate.js';
import { decideRetraining, type OpenPage, type RetrainingMemory } from '../domain/decide-retraining.js';
import { LabelledRows, type Range } from './labelled-rows.js';
import { trainerOf, type Trainer } from './trainers.js';

/** Where the numbers of candidates and champions stand: on the end of the window, which was not trained on. */
export const LATER_SLICE = 'later-slice';
const PAGES_TIMEOUT_MS = 30_000;

/** By model. */
export interface SavedRetraining {
  format: 1;
  models: Record<string, RetrainingMemory>;
}

export interface RetrainingParts {
  registry: Registry;
  monitorUrl: string;
  /** Files of the validation sets in force of a model, whose rows no training sees. */
  reserved(model: string): Promise<string[]>;
  state: StateFile<SavedRetraining>;
  saved: SavedRetraining;
  /** For sales and versions while they are made. */
  dir: string;
  logger: Logger;
}

/** Trains models again when their policies ask for it, one at a time, and brings each candidate on its way. */
export class RetrainModels {
  constructor(private readonly parts: RetrainingParts) {}

  /** One look at every policy in force, or at one model by hand; what was decided of each, in words. */
  async look(byHand?: { model: string; reason: string }): Promise<Record<string, string>> {
    const told: Record<string, string> = {};
    for (const policy of await this.policies(byHand?.model)) {
      const { model } = policy;
      try {
        told[model] = await this.lookAt(policy, byHand?.reason);
      } catch (error) {
        if (byHand) throw error;
        told[model] = (error as Error).message;
        this.parts.logger.error({ model, err: error }, 'not looked at; it will be tried again');
      }
    }
    return told;
  }

  /** What was done so far, by what is counted. */
  figures(): Record<string, number> {
    const all = Object.entries(this.parts.saved.models);
    return Object.fromEntries(
      all.flatMap(([model, { trained, failures }]) => [
        [`${model} trained`, trained],
        [`${model} failures in a row`, failures],
      ]),
    );
  }

  private async lookAt(policy: RetrainingPolicy, byHand: string | undefined): Promise<string> {
    const { registry, logger } = this.parts;
    const { model, window } = policy;
    const memory = (this.parts.saved.models[model] ??= { answeredPages: [], trained: 0, failures: 0 });
    const trainer = trainerOf(model);
    const reserved = await this.parts.reserved(model);
    const rows = new LabelledRows(this.parts.monitorUrl, model, trainer.outcomeKind, reserved);
    if (memory.underWay) return this.takeUp(policy, memory, trainer, rows);
    const span = await rows.span();
    const range = span && { fromMs: span.newestMs + 1 - window.lengthMs, toMs: span.newestMs + 1 };
    const aliases = (await registry.models()).find(({ name }) => name === model)?.aliases ?? {};
    const decision = decideRetraining(policy, memory, {
      nowMs: Date.now(),
      byHand,
      pages: await this.openPages(model),
      champion: aliases[ALIAS],
      labelled: span && range && { ...span, inWindow: (await rows.count(range)).all },
      onTrial: (await registry.rollouts(true)).some(({ subject }) => subject?.name === model),
    });
    if (!decision.train || !range) {
      logger.debug({ model, why: decision.why }, 'not trained');
      return `not trained: ${decision.why}`;
    }
    memory.attemptedAtMs = Date.now();
    memory.underWay = { why: decision.why, range, pages: decision.pages };
    await this.keep();
    logger.info({ model, why: decision.why, from: isoOf(range.fromMs), to: isoOf(range.toMs) }, 'training');
    return this.attempt(policy, memory, async () => {
      const about = await this.train(policy, trainer, rows, range);
      return this.bring(policy, trainer, rows, range, about, decision.why);
    });
  }

  /** What a process that was killed had begun: a version that is whole goes on, another is a failure. */
  private takeUp(policy: RetrainingPolicy, memory: RetrainingMemory, trainer: Trainer, rows: LabelledRows) {
    const { range, why } = memory.underWay as NonNullable<RetrainingMemory['underWay']>;
    return this.attempt(policy, memory, async () => {
      if (!(await isWhole(this.versionDir(policy.model)))) throw new Error('it was cut off while it trained');
      return this.bring(policy, trainer, rows, range, 'a training that was cut off when it was done', why);
    });
  }

  /** Remembers what became of it. While registry or monitor are away, a version that is whole waits for the next look. */
  private async attempt(policy: RetrainingPolicy, memory: RetrainingMemory, work: () => Promise<Brought>) {
    const { model } = policy;
    const { range, pages } = memory.underWay as NonNullable<RetrainingMemory['underWay']>;
    try {
      const { version, how, why, judged } = await work();
      memory.last = `version ${version}: ${how}, ${why}`;
      memory.dataUntilMs = range.toMs - 1;
      memory.answeredPages = [...memory.answeredPages, ...pages].slice(-100);
      memory.trained++;
      memory.failures = 0;
      this.parts.logger.info({ model, version, how, why, judged }, 'trained');
    } catch (error) {
      if (isAway(error)) {
        if (!(await isWhole(this.versionDir(model)))) {
          delete memory.underWay;
          delete memory.attemptedAtMs; // nothing was attempted that would have to cool down
        }
        await this.keep();
        throw error;
      }
      memory.failures++;
      memory.last = `failed: ${(error as Error).message}`;
      this.parts.logger.error({ model, err: error, failures: memory.failures }, 'training failed');
    }
    delete memory.underWay;
    await this.keep();
    await rm(path.join(this.parts.dir, model), { recursive: true, force: true });
    return memory.last;
  }

  private async train(policy: RetrainingPolicy, trainer: Trainer, rows: LabelledRows, range: Range): Promise<string> {
    const { model, window, parameters } = policy;
    const folder = path.join(this.parts.dir, model);
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    const training = { fromMs: range.fromMs, toMs: range.toMs - window.evaluationMs };
    const { all, holdout } = await rows.count(training);
    // What a model has shown is no sample of what people want; who never saw it is.
    const holdoutOnly = holdout >= policy.labelledMin && (await this.feedsItsOwnData(model));
    const input = path.join(folder, 'labelled.csv');
    await rows.export(input, { ...training, holdoutOnly }, (table) => trainer.table(table));
    const size = await trainer.train(input, this.versionDir(model), parameters);
    return `${size} from ${holdoutOnly ? `${holdout} labels of the holdout` : `${all} labels`}`;
  }

  private async bring(
    { model, window, rollout }: RetrainingPolicy,
    trainer: Trainer,
    rows: LabelledRows,
    range: Range,
    about: string,
    why: string,
  ): Promise<Brought> {
    const judge = await trainer.judgeOf(rows, { fromMs: range.toMs - window.evaluationMs, toMs: range.toMs });
    const candidate = {
      model,
      folder: this.versionDir(model),
      description: `trained again: ${about}, until ${isoOf(range.toMs - window.evaluationMs)}`,
      validationSet: LATER_SLICE,
      judge: async (onnx: Uint8Array): Promise<Judged | undefined> =>
        judge && { dataUntilMs: range.toMs - 1, metrics: await judge(onnx) },
      rollout,
      reason: `trained again: ${why}`,
    };
    return bringCandidate(this.parts.registry, candidate, (trouble) => this.parts.logger.warn({ model }, trouble));
  }

  private versionDir(model: string): string {
    return path.join(this.parts.dir, model, 'version');
  }

  private async keep(): Promise<void> {
    await this.parts.state.write(this.parts.saved);
  }

  /** Those in force; by hand also the defaults for a model that has none. */
  private async policies(only: string | undefined): Promise<RetrainingPolicy[]> {
    const policies = (await this.inForce('retraining')).filter(({ model }) => only === undefined || model === only);
    return policies.length === 0 && only !== undefined ? [parseDocument('retraining', { model: only })] : policies;
  }

  private async feedsItsOwnData(model: string): Promise<boolean> {
    return (await this.inForce('use-case')).some((useCase) => useCase.model === model && useCase.feedbackLoop);
  }

  private async inForce<Kind extends 'retraining' | 'use-case'>(kind: Kind) {
    const { registry } = this.parts;
    const documents = await registry.documents(kind);
    const names = [...new Set(documents.map(({ name }) => name))];
    const found = await Promise.all(
      names.map(async (name) => {
        const version = (await registry.findDocument(kind, name, ALIAS))?.version;
        return documents.find((document) => document.name === name && document.version === version);
      }),
    );
    return found.flatMap((document) => (document ? [parseDocument(kind, JSON.parse(document.bodyJson))] : []));
  }

  private async openPages(model: string): Promise<OpenPage[]> {
    const url = `${this.parts.monitorUrl}/v1/pages?model=${model}`;
    const signal = AbortSignal.timeout(PAGES_TIMEOUT_MS);
    const answer = await fetch(url, { signal }).catch((cause) => {
      throw new Problem('UPSTREAM_UNAVAILABLE', `The drift monitor does not answer at ${url}`, { cause });
    });
    if (!answer.ok) throw new Problem('UPSTREAM_UNAVAILABLE', `The drift monitor answered ${answer.status} at ${url}`);
    const { pages } = (await answer.json()) as { pages: (OpenPage & { endedMs?: number })[] };
    return pages.filter(({ endedMs }) => endedMs === undefined);
  }
}

/** The card is written last. */
async function isWhole(folder: string): Promise<boolean> {
  return access(path.join(folder, 'card.json')).then(
    () => true,
    () => false,
  );
}

/** Whether nobody was there to refuse anything, the registry or the monitor: the same may go well a moment later. */
export function isAway(error: unknown): boolean {
  if (error instanceof Problem) return error.code === 'UPSTREAM_UNAVAILABLE';
  return [Code.Unavailable, Code.DeadlineExceeded].includes(ConnectError.from(error).code);
}

const isoOf = (ms: number) => new Date(ms).toISOString().slice(0, 16);

import { createHash } from 'node:crypto';
import { access, rename, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '@vinaigrette/edge';
import type { EventLogReader } from '@vinaigrette/event-log';
import type { OnlineModel, SavedPlaces } from '@vinaigrette/learning';
import { Problem } from '@vinaigrette/problems';
import { trainingLineage, writeVersionFiles } from '@vinaigrette/training';
import type { Registry } from '../adapters/registry.js';
import type { StateFile } from '../adapters/state-file.js';
import { ALIAS, bringCandidate, type Candidate } from '../candidates/bring-candidate.js';
import { backOffMs } from '../domain/back-off.js';
import { publicationDue, type LastPublication, type PublicationRhythm } from '../domain/publication-due.js';
import type { LearnFromLog, SavedLearning } from './learn-from-log.js';

/** Between two lines of progress. */
const TELL_MS = 10_000;
/** Where the numbers of learnt versions stand: on events that were never learnt. */
export const HELD_OUT_SET = 'held-out';

/** All that a learner knows, in one file. */
export interface SavedLearner {
  format: 1;
  learning: SavedLearning;
  published: LastPublication;
}

export interface LearnerParts {
  model: OnlineModel;
  learning: LearnFromLog;
  published: LastPublication;
  reader: EventLogReader;
  registry: Registry;
  state: StateFile<SavedLearner>;
  /** For the files of a version until it is registered and on trial. */
  versionDir: string;
  /** Options the model learns with. */
  settings: Record<string, string | number>;
  /** Folder of the code, whose commit versions name. */
  root: string;
  rhythm: PublicationRhythm;
  rollout: Candidate['rollout'];
  /** Between two times that what was learnt is kept. */
  keepMs: number;
  logger: Logger;
}

/** Learns from the log, keeps what was learnt, and publishes it as versions, until it is told to stop. */
export class RunLearner {
  private readonly published: LastPublication;
  private keptAt = -1;
  private failures = 0;
  private tryAgainAtMs = 0;
  private toldAtMs = 0;

  constructor(private readonly parts: LearnerParts) {
    this.published = parts.published;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { reader, learning, keepMs, logger, model } = this.parts;
    logger.info({ model: model.model, ...this.figures() }, 'learning');
    const reading = reader.run(learning);
    while (!signal.aborted) {
      await sleep(keepMs, undefined, { signal }).catch(() => undefined);
      await this.keep();
      await this.publishWhenDue();
      this.tell();
    }
    await reader.close();
    await reading;
    await this.keep();
    logger.info({ model: model.model, ...this.figures() }, 'stopped');
  }

  /** What is held and what was met, by name. */
  figures(): Record<string, number> {
    const { learning, model } = this.parts;
    return { ...learning.figures(), ...model.figures(), publishedAt: this.published.learnt };
  }

  private async keep(): Promise<void> {
    const { learning, state } = this.parts;
    if (this.keptAt === learning.taken) return;
    const { taken } = learning;
    await state.write({ format: 1, learning: learning.save(), published: this.published });
    this.keptAt = taken;
  }

  /** A publication that fails, as when the registry is away, is tried again; learning goes on meanwhile. */
  private async publishWhenDue(): Promise<void> {
    const { rhythm, model, logger } = this.parts;
    const nowMs = Date.now();
    if (nowMs < this.tryAgainAtMs) return;
    try {
      const learnt = model.figures()['learnt'] ?? 0;
      const left = await this.wholeVersionIsLeft();
      const due = publicationDue(rhythm, this.published, { learnt, nowMs });
      if (!left && due === undefined) return;
      await this.publish(left ? 'left by a learner that was stopped' : (due as string), left);
      this.failures = 0;
    } catch (error) {
      this.failures++;
      this.tryAgainAtMs = nowMs + backOffMs(this.failures);
      logger.warn({ model: model.model, err: error, failures: this.failures }, 'not published; it will be tried again');
    }
  }

  private async publish(why: string, left: boolean): Promise<void> {
    const { model, registry, versionDir, rollout, logger } = this.parts;
    const learnt = model.figures()['learnt'] ?? 0;
    const trial = (await registry.rollouts(true)).find(({ subject }) => subject?.name === model.model);
    if (trial && !left) return logger.debug({ rollout: trial.id }, 'another version is on trial: it is waited for');
    const about = left ? 'learnt while it was served' : await this.writeVersion();
    if (about === undefined) return this.remember(learnt);
    const candidate = {
      model: model.model,
      folder: versionDir,
      description: `learnt from ${about}`,
      validationSet: HELD_OUT_SET,
      judge: (onnx: Uint8Array) => model.judge(onnx),
      rollout,
      reason: `learnt while it was served: ${why}`,
    };
    const brought = await bringCandidate(registry, candidate, (trouble) => logger.warn(trouble));
    logger.info({ model: model.model, ...brought, about }, 'published');
    await rm(versionDir, { recursive: true, force: true });
    await this.remember(learnt);
  }

  /** undefined: what was learnt is not enough to be served. */
  private async writeVersion(): Promise<string | undefined> {
    const { model, versionDir, logger } = this.parts;
    const unfinished = `${versionDir}.part`;
    await rm(versionDir, { recursive: true, force: true });
    await rm(unfinished, { recursive: true, force: true });
    const log = this.parts.learning.save().places; // in the same breath as the version, which holds no more
    const learnt = model.figures()['learnt'] ?? 0;
    try {
      const about = await model.writeVersion(unfinished);
      await writeVersionFiles(unfinished, { 'lineage.json': await this.lineage(log, learnt) });
      await rename(unfinished, versionDir);
      return about;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      logger.info({ model: model.model, code: error.code, why: error.message }, 'nothing to publish yet');
      return undefined;
    }
  }

  /** The log up to its places is the data: records are never changed, and what was learnt is a function of them. */
  private async lineage(log: SavedPlaces, learnt: number) {
    const { model, registry, settings, root } = this.parts;
    const champion = (await registry.models()).find(({ name }) => name === model.model)?.aliases[ALIAS];
    const digest = createHash('sha256').update(JSON.stringify(log)).digest('hex');
    return trainingLineage(
      {
        data: [{ name: 'event log', digest, rows: learnt }],
        parameters: { ...settings, log },
        ...(champion === undefined ? {} : { parent: { model: model.model, version: champion } }),
      },
      root,
    );
  }

  /** It got its name once it was whole. */
  private async wholeVersionIsLeft(): Promise<boolean> {
    return access(this.parts.versionDir).then(
      () => true,
      () => false,
    );
  }

  private async remember(learnt: number): Promise<void> {
    this.published.learnt = learnt;
    this.published.atMs = Date.now();
    this.keptAt = -1;
    await this.keep();
  }

  private tell(): void {
    const nowMs = Date.now();
    if (nowMs < this.toldAtMs + TELL_MS) return;
    this.toldAtMs = nowMs;
    this.parts.logger.info({ model: this.parts.model.model, ...this.figures() }, 'learnt so far');
  }
}

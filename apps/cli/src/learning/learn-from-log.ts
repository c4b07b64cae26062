import { PredictionStatus } from '@vinaigrette/contracts/events';
import { PredictionDecoder } from '@vinaigrette/drift-monitor/decode-prediction';
import type { EventBatch, EventConsumer, EventRecord, Topic } from '@vinaigrette/event-log';
import {
  JoinOutcomes,
  PlacesInLog,
  type JoinLimits,
  type OnlineModel,
  type Outcome,
  type SavedJoin,
  type SavedPlaces,
} from '@vinaigrette/learning';
import { unpackRow, type LoggedColumn, type LoggedRow, type PackedRow } from '@vinaigrette/signature';
import { decodeOutcome } from './decode-outcome.js';

/** How the log writes a version's predictions. */
export abstract class LoggedSchemas {
  /** undefined: no version of the model writes so. Rejects when that cannot be found out now. */
  abstract of(model: string, version: number, schemaId: string): Promise<readonly LoggedColumn[] | undefined>;
}

/** A prediction as it was logged. */
interface ReadPrediction {
  predictionId: string;
  atMs: number;
  status: number;
  /** Absent: it is of another model. */
  ours?: Ours;
}

interface Ours {
  version: number;
  /** In hex. */
  schemaId: string;
  packed: PackedRow;
}

/** A clock may be a little ahead; what is later still would outweigh everything that really happened. */
const AHEAD_MS_MAX = 5 * 60_000;

/** What became of the records of the log, by why. */
export type LearningCounts = Record<string, number>;

export interface SavedLearning {
  places: SavedPlaces;
  join: SavedJoin;
  schemas: [string, readonly LoggedColumn[] | null][];
  counts: LearningCounts;
  model: unknown;
}

/**
 * Learns from what the log says, each outcome once. A batch is taken in one breath after everything it needs is known, so
 * `save` between two batches holds a place in the log and exactly what was learnt up to it.
 */
export class LearnFromLog implements EventConsumer {
  /** Records taken since it was made: while it stands still, so does everything else here. */
  taken = 0;
  private readonly places: PlacesInLog;
  private readonly join: JoinOutcomes;
  /** By id in hex; null: nobody writes so. */
  private readonly schemas: Map<string, readonly LoggedColumn[] | null>;
  private readonly counts: LearningCounts;
  private readonly decoder = new PredictionDecoder();

  constructor(
    private readonly model: OnlineModel,
    private readonly known: LoggedSchemas,
    limits: JoinLimits,
    private readonly now: () => number,
    saved?: SavedLearning,
  ) {
    this.places = new PlacesInLog(saved?.places);
    this.schemas = new Map(saved?.schemas);
    this.counts = { ...saved?.counts };
    const learn = (labelled: Parameters<OnlineModel['learn']>[0]) => this.count(model.learn(labelled) ?? 'joined');
    this.join = new JoinOutcomes(limits, learn, saved?.join);
  }

  async next(topic: Topic, partition: string): Promise<bigint> {
    return this.places.next(topic, partition);
  }

  async consume({ topic, partition, records }: EventBatch): Promise<void> {
    if (topic === 'predictions') {
      const read = records.map((record) => this.decode(record, (body) => this.predictionIn(body)));
      for (const { message } of read)
        if (message?.ours && this.isNew(message.ours)) await this.learnSchema(message.ours);
      for (const { message } of this.places.take(topic, partition, read)) this.takePrediction(message);
    } else {
      const read = records.map((record) => this.decode(record, decodeOutcome));
      for (const { message } of this.places.take(topic, partition, read)) this.takeOutcome(message);
    }
  }

  /** Every count, and how many wait for each other. */
  figures(): LearningCounts {
    const { predictions, outcomes } = this.join.waiting;
    return { ...this.counts, ...this.join.counts, waitingPredictions: predictions, waitingOutcomes: outcomes };
  }

  save(): SavedLearning {
    return {
      places: this.places.save(),
      join: this.join.save(),
      schemas: [...this.schemas],
      counts: this.counts,
      model: this.model.save(),
    };
  }

  private decode<Message>({ offset, gatewayId, sequence, body }: EventRecord, read: (body: Uint8Array) => Message) {
    try {
      return { offset, gatewayId, sequence, message: read(body) };
    } catch {
      return { offset, gatewayId, sequence, message: undefined }; // poison: counted when the record is taken
    }
  }

  /** Of the model that learns with what it was asked; of others only that they were. */
  private predictionIn(body: Uint8Array): ReadPrediction {
    const prediction = this.decoder.decode(body);
    const { predictionId, occurredAtMs: atMs, status } = prediction;
    if (prediction.model !== this.model.model) return { predictionId, atMs, status };
    const { version, schemaId, numbers, numberCount, texts, textCount, lengths, lengthCount } = prediction;
    const packed = {
      numbers: listOf(numbers, numberCount),
      texts: texts.slice(0, textCount),
      lengths: listOf(lengths, lengthCount),
    };
    return { predictionId, atMs, status, ours: { version, schemaId, packed } };
  }

  private isNew({ schemaId }: Ours): boolean {
    return schemaId !== '' && !this.schemas.has(schemaId);
  }

  private async learnSchema({ version, schemaId }: Ours): Promise<void> {
    const schema = await this.known.of(this.model.model, version, schemaId);
    this.schemas.set(schemaId, schema ?? null);
  }

  private takePrediction(message: ReadPrediction | undefined): void {
    this.taken++;
    if (!message) return this.count('unreadable');
    const { predictionId, atMs, status, ours } = message;
    if (status === PredictionStatus.SHADOW) return;
    if (atMs > this.now() + AHEAD_MS_MAX) return this.count('future');
    if (ours) this.count('predictions');
    this.join.predicted(predictionId, atMs, ours && this.inputsOf(ours));
  }

  private inputsOf({ schemaId, packed }: Ours): LoggedRow | undefined {
    const schema = this.schemas.get(schemaId);
    try {
      if (schema) return unpackRow(schema, packed, 'input');
    } catch {
      // Not the values of its schema: as bad as none.
    }
    this.count('withoutInputs');
    return undefined;
  }

  private takeOutcome(outcome: Outcome | undefined): void {
    this.taken++;
    if (!outcome) return this.count('unreadable');
    if (!this.model.outcomeKinds.includes(outcome.kind)) return;
    if (outcome.atMs > this.now() + AHEAD_MS_MAX) return this.count('future');
    this.count('outcomes');
    this.join.becameOf(outcome);
  }

  private count(what: string): void {
    this.counts[what] = (this.counts[what] ?? 0) + 1;
  }
}

/** The first so many: what the decoder answers is its own until the next record. */
function listOf(values: ArrayLike<number>, count: number): number[] {
  const list = new Array<number>(count);
  for (let at = 0; at < count; at++) list[at] = values[at] as number;
  return list;
}

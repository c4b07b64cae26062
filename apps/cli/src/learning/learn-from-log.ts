import { fromBinary } from '@bufbuild/protobuf';
import {
  OutcomeSchema,
  PredictionSchema,
  PredictionStatus,
  type Outcome as OutcomeMessage,
  type Prediction,
} from '@vinaigrette/contracts/events';
import type { EventBatch, EventConsumer, EventRecord, Topic } from '@vinaigrette/event-log';
import {
  JoinOutcomes,
  PlacesInLog,
  type JoinLimits,
  type OnlineModel,
  type SavedJoin,
  type SavedPlaces,
} from '@vinaigrette/learning';
import { unpackRow, type LoggedColumn, type LoggedRow } from '@vinaigrette/signature';

/** How the log writes a version's predictions. */
export abstract class LoggedSchemas {
  /** undefined: no version of the model writes so. Rejects when that cannot be found out now. */
  abstract of(model: string, version: number, schemaId: string): Promise<readonly LoggedColumn[] | undefined>;
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
      const read = records.map((record) => this.decode(record, (body) => fromBinary(PredictionSchema, body)));
      for (const { message } of read) if (message?.model === this.model.model) await this.learnSchema(message);
      for (const { message } of this.places.take(topic, partition, read)) this.takePrediction(message);
    } else {
      const read = records.map((record) => this.decode(record, (body) => fromBinary(OutcomeSchema, body)));
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

  private decode<Message>(record: EventRecord, read: (body: Uint8Array) => Message) {
    try {
      return { ...record, message: read(record.body) };
    } catch {
      return { ...record, message: undefined }; // poison: counted when the record is taken
    }
  }

  private async learnSchema({ model, version, schemaId }: Prediction): Promise<void> {
    const id = hex(schemaId);
    if (id === '' || this.schemas.has(id)) return;
    this.schemas.set(id, (await this.known.of(model, version, id)) ?? null);
  }

  private takePrediction(message: Prediction | undefined): void {
    this.taken++;
    if (!message) return this.count('unreadable');
    const { predictionId, model, status } = message;
    if (status === PredictionStatus.SHADOW) return;
    const atMs = Number(message.occurredAtMs);
    if (atMs > this.now() + AHEAD_MS_MAX) return this.count('future');
    const ours = model === this.model.model;
    if (ours) this.count('predictions');
    this.join.predicted(predictionId, atMs, ours ? this.inputsOf(message) : undefined);
  }

  private inputsOf(message: Prediction): LoggedRow | undefined {
    const schema = this.schemas.get(hex(message.schemaId));
    try {
      const row = schema && unpackRow(schema, message);
      if (row) {
        const inputs = schema.filter(({ role }) => role === 'input');
        return Object.fromEntries(inputs.map(({ name }) => [name, row[name] ?? []]));
      }
    } catch {
      // Not the values of its schema: as bad as none.
    }
    this.count('withoutInputs');
    return undefined;
  }

  private takeOutcome(message: OutcomeMessage | undefined): void {
    this.taken++;
    if (!message) return this.count('unreadable');
    const { predictionId, kind, skus, number } = message;
    if (!this.model.outcomeKinds.includes(kind)) return;
    const atMs = Number(message.occurredAtMs);
    if (atMs > this.now() + AHEAD_MS_MAX) return this.count('future');
    this.count('outcomes');
    this.join.becameOf({ predictionId, atMs, kind, skus, number });
  }

  private count(what: string): void {
    this.counts[what] = (this.counts[what] ?? 0) + 1;
  }
}

const hex = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');

import { create, toBinary, type MessageInitShape } from '@bufbuild/protobuf';
import { describe, expect, it } from '@jest/globals';
import { OutcomeSchema, PredictionSchema, PredictionStatus } from '@vinaigrette/contracts/events';
import { OnlineModel, type Labelled } from '@vinaigrette/learning';
import { schemaIdOf, type LoggedColumn } from '@vinaigrette/signature';
import { LearnFromLog } from './learn-from-log.js';

const NOW_MS = 1_000_000_000;
const schema: LoggedColumn[] = [
  { name: 'items', role: 'input', datatype: 'BYTES', list: true },
  { name: 'confidence', role: 'output', datatype: 'FP32', list: true },
];
const limits = { predictionsMax: 100, outcomesMax: 100, waitMs: 1_000 };

/** Remembers what it was told. */
class Listener extends OnlineModel {
  readonly model = 'basket';
  readonly outcomeKinds = ['purchased'];
  readonly heard: Labelled[] = [];
  learn(labelled: Labelled): undefined {
    this.heard.push(labelled);
  }
  save(): unknown {
    return this.heard.length;
  }
  figures(): Record<string, number> {
    return {};
  }
  async writeVersion(): Promise<string> {
    return '';
  }
  async judge(): Promise<undefined> {}
}

let offset = 0n;
const batch = (topic: 'predictions' | 'outcomes', ...bodies: Uint8Array[]) => ({
  topic,
  partition: '0',
  records: bodies.map((body) => {
    offset += 1n;
    return { offset, gatewayId: 'g', sequence: offset, key: 'k', body };
  }),
});
const prediction = (more: MessageInitShape<typeof PredictionSchema> = {}) =>
  toBinary(
    PredictionSchema,
    create(PredictionSchema, {
      ...{ predictionId: 'p', occurredAtMs: BigInt(NOW_MS), model: 'basket', version: 1, schemaId: schemaIdOf(schema) },
      ...{ status: PredictionStatus.ANSWERED, texts: ['milk', 'tea'], lengths: [2, 1], numbers: [0.5], ...more },
    }),
  );
const outcome = (more: MessageInitShape<typeof OutcomeSchema> = {}) =>
  toBinary(
    OutcomeSchema,
    create(OutcomeSchema, {
      ...{
        outcomeId: 'o',
        predictionId: 'p',
        occurredAtMs: BigInt(NOW_MS),
        kind: 'purchased',
        skus: ['sugar'],
        ...more,
      },
    }),
  );

function learner(of: () => Promise<LoggedColumn[] | undefined> = async () => schema) {
  const model = new Listener();
  return { model, learning: new LearnFromLog(model, { of }, limits, () => NOW_MS) };
}

describe('LearnFromLog', () => {
  it('gives the model the inputs of a prediction with what became of it, whichever is read first', async () => {
    for (const first of ['predictions', 'outcomes'] as const) {
      const { model, learning } = learner();
      const batches = [batch('predictions', prediction()), batch('outcomes', outcome())];
      for (const one of first === 'predictions' ? batches : batches.reverse()) await learning.consume(one);
      expect(model.heard).toEqual([
        { predictionId: 'p', atMs: NOW_MS, kind: 'purchased', skus: ['sugar'], inputs: { items: ['milk', 'tea'] } },
      ]);
    }
  });

  it('takes a batch whole or not at all: while schemas cannot be asked for, nothing moves', async () => {
    let away = true;
    const { model, learning } = learner(async () => {
      if (away) throw new Error('the registry is away');
      return schema;
    });
    const [asked, became] = [batch('predictions', prediction()), batch('outcomes', outcome())];
    await expect(learning.consume(asked)).rejects.toThrow('away');
    expect([await learning.next('predictions', '0'), learning.taken]).toEqual([0n, 0]);
    away = false;
    for (const one of [asked, became, asked, became]) await learning.consume(one);
    expect([model.heard.length, learning.taken]).toEqual([1, 2]);
  });

  const later = BigInt(NOW_MS + 600_000);
  it.each([
    ['a record that is none', [], [Buffer.from('\u0000poison')], { unreadable: 1 }],
    ['an outcome from the future', [prediction()], [outcome({ occurredAtMs: later })], { future: 1, predictions: 1 }],
    [
      'a prediction from the future',
      [prediction({ occurredAtMs: later })],
      [outcome()],
      { future: 1, waitingOutcomes: 1 },
    ],
    ['an outcome of another kind', [prediction()], [outcome({ kind: 'clicked' })], { predictions: 1 }],
    ['an outcome of another model', [prediction({ model: 'other' })], [outcome()], { outcomes: 1, waitingOutcomes: 0 }],
    ['an outcome nobody knows', [], [outcome({ predictionId: 'nobody' })], { outcomes: 1, waitingOutcomes: 1 }],
    ['a shadow', [prediction({ status: PredictionStatus.SHADOW })], [outcome()], { waitingPredictions: 0 }],
    ['values of another schema', [prediction({ lengths: [9, 9] })], [outcome()], { withoutInputs: 1 }],
    ['no inputs', [prediction({ schemaId: new Uint8Array() })], [outcome()], { withoutInputs: 1 }],
  ])('learns nothing from %s, and says so', async (_, predictions, outcomes, told) => {
    const { model, learning } = learner();
    if (predictions.length > 0) await learning.consume(batch('predictions', ...predictions));
    await learning.consume(batch('outcomes', ...outcomes));
    expect(model.heard).toEqual([]);
    expect(learning.figures()).toMatchObject(told);
  });

  it('learns nothing from versions whose schema nobody knows', async () => {
    const { model, learning } = learner(async () => undefined);
    await learning.consume(batch('predictions', prediction()));
    await learning.consume(batch('outcomes', outcome()));
    expect([model.heard.length, learning.figures()['withoutInputs']]).toEqual([0, 1]);
  });
});

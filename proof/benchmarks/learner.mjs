// How fast a learner learns: predictions and outcomes in the segments of an event log in, decayed counts out, beside
// reading the same segments and doing nothing.
//   node proof/benchmarks/learner.mjs [--events 200000]    (after `npm run build`)
// An event is a prediction and its outcome: two records. CPU time is more honest than the clock on a busy machine.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { create, toBinary } from '@bufbuild/protobuf';
import { OnlineBasket } from '@vinaigrette/basket';
import { OutcomeSchema, PredictionSchema, PredictionStatus } from '@vinaigrette/contracts/events';
import { openEventLogWriter, SegmentReader } from '@vinaigrette/event-log';
import { OnlineInsurance } from '@vinaigrette/insurance';
import { schemaIdOf } from '@vinaigrette/signature';
import { LearnFromLog } from '../../apps/cli/dist/src/learning/learn-from-log.js';

const WANTED_PER_SECOND = 50_000;
const { values } = parseArgs({ options: { events: { type: 'string', default: '200000' } } });
const events = Number(values.events);
const startMs = Date.now() - 30 * 86_400_000;

let seed = 20_261_121;
const random = () => {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
};
/** SKUs as a shop sells them: few often, most seldom. */
const sku = () => `SKU${Math.floor(1_000 * random() ** 3)}`;
const pick = (...list) => list[Math.floor(random() * list.length)];
const column = (name, datatype, list = false) => ({ name, role: 'input', datatype, list });

const cases = {
  basket: {
    model: () => new OnlineBasket(),
    schema: [column('items', 'BYTES', true), { ...column('skus', 'BYTES', true), role: 'output' }],
    prediction() {
      const items = Array.from({ length: 1 + Math.floor(random() * 6) }, sku);
      return { texts: [...items, sku(), sku()], lengths: [items.length, 2], numbers: [] };
    },
    outcome: () => ({ kind: 'purchased', skus: [`${sku()}x`] }),
  },
  insurance: {
    model: () => new OnlineInsurance(),
    schema: [
      ...['age', 'bmi', 'children'].map((name) => column(name, 'FP32')),
      ...['sex', 'smoker', 'region'].map((name) => column(name, 'BYTES')),
    ],
    prediction: () => ({
      numbers: [18 + Math.floor(random() * 47), 15 + 30 * random(), Math.floor(random() * 5)],
      texts: [
        pick('female', 'male'),
        pick('no', 'no', 'yes'),
        pick('northeast', 'northwest', 'southeast', 'southwest'),
      ],
      lengths: [],
    }),
    outcome: () => ({ kind: 'label', number: 1_000 + 30_000 * random() }),
  },
};

for (const [name, one] of Object.entries(cases)) {
  const dir = mkdtempSync(join(tmpdir(), 'vinaigrette-learner-'));
  try {
    await write(dir, name, one);
    const idle = await measure(dir, {
      places: new Map(),
      next: async () => 0n,
      async consume({ records }) {
        this.records = (this.records ?? 0) + records.length;
      },
      done() {
        return this.records >= 2 * events;
      },
    });
    await learn(dir, one); // so that what is measured has been compiled
    const { model, learning, ...learnt } = await learn(dir, one);
    const { joined } = learning.figures();
    if (joined !== events) throw new Error(`${joined} of ${events} events were learnt`);
    const saved = JSON.stringify(learning.save()).length;
    tell(name, 'reading alone', idle);
    tell(name, 'learning', learnt);
    const perSecond = events / learnt.cpuSeconds;
    console.log(
      `${name.padEnd(10)} ${(perSecond / WANTED_PER_SECOND).toFixed(1)} x the ${WANTED_PER_SECOND.toLocaleString('en')} events a second of CPU that are wanted; ` +
        `state ${(saved / 2 ** 20).toFixed(1)} MiB; ${JSON.stringify(model.figures())}`,
    );
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

async function learn(dir, { model: make, schema }) {
  const model = make();
  const ample = { predictionsMax: 100_000, outcomesMax: 100_000, waitMs: 86_400_000 };
  const learning = new LearnFromLog(model, { of: async () => schema }, ample, Date.now);
  const took = await measure(dir, {
    next: (topic, partition) => learning.next(topic, partition),
    consume: (batch) => learning.consume(batch),
    done: () => learning.taken >= 2 * events,
  });
  return { model, learning, ...took };
}

async function write(dir, model, { schema, prediction, outcome }) {
  const log = openEventLogWriter({ dir, gatewayId: 'gateway-1' });
  const schemaId = schemaIdOf(schema);
  for (let n = 0; n < events; n++) {
    const predictionId = `0192d3a0-0000-7000-8000-${String(n).padStart(12, '0')}`;
    const occurredAtMs = BigInt(startMs + n * 10);
    const shared = { predictionId, occurredAtMs };
    const asked = {
      useCase: 'bench',
      useCaseVersion: 1,
      model,
      version: 1,
      variant: 'champion',
      unit: `c-${n % 5_000}`,
    };
    const status = PredictionStatus.ANSWERED;
    const record = create(PredictionSchema, { ...shared, ...asked, status, latencyUs: 900, schemaId, ...prediction() });
    log.append('predictions', asked.unit, toBinary(PredictionSchema, record));
    const became = create(OutcomeSchema, { outcomeId: predictionId, ...shared, ...outcome() });
    log.append('outcomes', asked.unit, toBinary(OutcomeSchema, became));
  }
  await log.close();
}

/** Reads everything, and answers how long it took by the clock and by the processor. */
async function measure(dir, consumer) {
  const reader = new SegmentReader({ dir, pollMs: 1 });
  const [startedMs, before] = [performance.now(), process.cpuUsage()];
  const reading = reader.run(consumer);
  while (!consumer.done()) await new Promise((resolve) => setTimeout(resolve, 2));
  const { user, system } = process.cpuUsage(before);
  const seconds = (performance.now() - startedMs) / 1_000;
  await reader.close();
  await reading;
  return { seconds, cpuSeconds: (user + system) / 1e6 };
}

function tell(name, what, { seconds, cpuSeconds }) {
  const rate = (of) =>
    Math.round(events / of)
      .toLocaleString('en')
      .padStart(9);
  const each = ((cpuSeconds / events) * 1e6).toFixed(1);
  console.log(
    `${name.padEnd(10)} ${what.padEnd(14)} ${rate(seconds)} events/s by the clock, ${rate(cpuSeconds)} by CPU time (${each} us each)`,
  );
}

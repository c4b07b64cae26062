/**
 * What keeping the book costs a request: the record of a recommendation made, encoded, framed and handed to the
 * operating system, as the gateway does it before an answer leaves; and beside it the same by the generated writer.
 *
 *   npx tsc -b && node proof/benchmarks/gateway-log.mjs [--records 50000]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { create, toBinary } from '@bufbuild/protobuf';
import { PredictionSchema } from '@vinaigrette/contracts/events';
import { openEventLogWriter } from '@vinaigrette/event-log';
import { loggedSchema, schemaIdOf } from '@vinaigrette/signature';
import { SegmentPredictionLog } from '../../services/app-gateway/dist/src/adapters/log/segment-prediction-log.js';
import { predictionRecord } from '../../services/app-gateway/dist/src/domain/prediction-record.js';
import { RecentTexts } from '../../services/app-gateway/dist/src/domain/recent-texts.js';

const { values } = parseArgs({ options: { records: { type: 'string', default: '50000' } } });
const records = Number(values.records);
const TARGET_US = 15;
const SLOTS = 50;

const schema = loggedSchema({
  inputs: [{ name: 'items', datatype: 'BYTES', shape: [-1, -1] }],
  outputs: [
    { name: 'skus', datatype: 'BYTES', shape: [-1, SLOTS] },
    { name: 'confidence', datatype: 'FP32', shape: [-1, SLOTS] },
  ],
  logged: [
    { tensor: 'items', first: 1_000 },
    { tensor: 'skus', first: 10 },
    { tensor: 'confidence', first: 10 },
  ],
});
const version = { model: 'basket', version: 3, schema, schemaId: schemaIdOf(schema) };
const skus = Array.from({ length: SLOTS }, (_, slot) => (slot < 8 ? `sku-${slot}` : ''));
const useCase = {
  ...{ name: 'recommendations', version: 2, document: { logging: {} }, ruleSet: { name: 'shop', version: 7 } },
  versions: new Map([[3, version]]),
};
const happened = (n) => ({
  asker: {
    unit: `c-${n % 5_000}`,
    predictionId: `01931b70-5c1e-7a3c-9f4e-${String(n).padStart(12, '0')}`,
    segments: [],
  },
  route: { useCase, variant: 'champion', propensity: undefined, rolloutId: '' },
  occurredAtMs: 1.7e12 + n,
  asked: version,
  inputs: { items: { datatype: 'BYTES', shape: [1, 3], data: ['milk', 'bread', 'tea'] } },
  answer: {
    ok: true,
    version: 3,
    outputs: {
      skus: { datatype: 'BYTES', shape: [1, SLOTS], data: skus },
      confidence: { datatype: 'FP32', shape: [1, SLOTS], data: new Float32Array(SLOTS).fill(0.5) },
    },
  },
  fallback: undefined,
  shown: skus.slice(0, 5),
  fired: ['few'],
  latencyUs: 1_234,
});
const hash = (text) => text;

const dir = mkdtempSync(join(tmpdir(), 'vinaigrette-log-'));
const writer = openEventLogWriter({ dir, gatewayId: 'benchmark' });
const log = new SegmentPredictionLog(writer, new RecentTexts(100_000));
const ways = {
  'as the gateway does': (n) => log.predicted(predictionRecord(happened(n), hash)),
  'by the generated writer': (n) => {
    const record = create(PredictionSchema, predictionRecord(happened(n), hash));
    writer.append('predictions', record.unit, toBinary(PredictionSchema, record));
  },
};
try {
  console.log(`${cpus().length} cores, ${process.version}: median of 5 rounds of ${records} records`);
  for (const [way, write] of Object.entries(ways)) {
    const rounds = Array.from({ length: 6 }, () => {
      const before = process.cpuUsage();
      for (let n = 0; n < records; n++) write(n);
      const { user, system } = process.cpuUsage(before);
      return (user + system) / records;
    })
      .slice(1) // the first one warms
      .sort((a, b) => a - b);
    console.log(`${way}: ${rounds[2].toFixed(1)} us CPU a record (target ${TARGET_US})`);
  }
} finally {
  await writer.close();
  rmSync(dir, { recursive: true, force: true });
}

import { describe, expect, it } from '@jest/globals';
import { create, toBinary, type MessageInitShape } from '@bufbuild/protobuf';
import { OutcomeSchema, PredictionSchema, PredictionStatus } from '@vinaigrette/contracts/events';
import { buildBaseline } from '@vinaigrette/drift';
import { loggedSchema, packRow, schemaIdOf, tensorOf, type Signature } from '@vinaigrette/signature';
import fc from 'fast-check';
import { knownVersion } from './known-version.js';
import { readOutcome, readPrediction } from './read-record.js';

const signature: Signature = {
  inputs: [{ name: 'items', datatype: 'BYTES', shape: [-1, -1] }],
  outputs: [{ name: 'price', datatype: 'FP32', shape: [-1, 1] }],
  logged: [{ tensor: 'items' }, { tensor: 'price' }],
};
const schema = loggedSchema(signature);
const baseline = buildBaseline(
  [
    { name: 'size', kind: 'numeric', from: { kind: 'length', tensor: 'items' } },
    { name: 'price', kind: 'numeric', from: { kind: 'value', tensor: 'price' }, datatype: 'FP32' },
  ],
  [{ items: ['milk'], price: [1] }],
);
const signatureJson = JSON.stringify(signature);
const known = knownVersion({ model: 'basket', version: 3, signatureJson, baselineJson: JSON.stringify(baseline) });
const versionOf = (model: string, version: number) => (model === 'basket' && version === 3 ? known : undefined);
const now = Date.UTC(2026, 10, 21, 12);
const row = packRow(schema, {
  items: tensorOf('BYTES', [1, 2], ['milk', 'tea']),
  price: tensorOf('FP32', [1, 1], [0.1]),
});
const good = {
  predictionId: '0190-a',
  occurredAtMs: BigInt(now - 1),
  model: 'basket',
  version: 3,
  variant: 'champion',
  status: PredictionStatus.ANSWERED,
  schemaId: schemaIdOf(schema),
  shown: ['a', 'b', 'c', 'd', 'e', 'f'],
  ...row,
};
const read = (changes: MessageInitShape<typeof PredictionSchema>) =>
  readPrediction(
    toBinary(PredictionSchema, create(PredictionSchema, { ...good, ...changes } as typeof good)),
    versionOf,
    now,
  );

describe('readPrediction()', () => {
  it('counts a prediction on the grid of its version, and keeps the first five SKUs that were shown', () => {
    expect(read({})).toMatchObject({
      kind: 'counted',
      cell: { model: 'basket', version: 3, variant: 'champion', paneMs: now - 300_000 },
      status: 'answered',
      shown: { predictionId: '0190-a', skus: ['a', 'b', 'c', 'd', 'e'] },
      slots: Uint32Array.of(0, 4, 6),
    });
  });

  it.each([
    {
      what: 'of an unknown version',
      changes: { version: 4 },
      verdict: { kind: 'parked', model: 'basket', version: 4 },
    },
    {
      what: 'under a foreign schema',
      changes: { schemaId: Uint8Array.of(1) },
      verdict: { kind: 'parked', schemaId: '01' },
    },
    {
      what: 'without values',
      changes: { schemaId: new Uint8Array(), version: 0 },
      verdict: { kind: 'counted', slots: new Uint32Array() },
    },
    { what: 'of no known status', changes: { status: 99 }, verdict: { kind: 'dead', reason: 'malformed' } },
    { what: 'without a status', changes: { status: 0 }, verdict: { kind: 'dead', reason: 'malformed' } },
    { what: 'that ends early', changes: { texts: ['milk'] }, verdict: { kind: 'dead', reason: 'malformed' } },
    { what: 'with values too many', changes: { numbers: [1, 2] }, verdict: { kind: 'dead', reason: 'malformed' } },
    { what: 'of no model', changes: { model: '' }, verdict: { kind: 'dead', reason: 'malformed' } },
    { what: 'with NUL in a name', changes: { segment: 'a\0b' }, verdict: { kind: 'dead', reason: 'malformed' } },
    { what: 'with NUL in a SKU', changes: { shown: ['\0'] }, verdict: { kind: 'dead', reason: 'malformed' } },
    {
      what: 'with an endless name',
      changes: { variant: 'x'.repeat(129) },
      verdict: { kind: 'dead', reason: 'malformed' },
    },
    { what: 'of in five minutes', changes: { occurredAtMs: BigInt(now + 300_000) }, verdict: { kind: 'counted' } },
    {
      what: 'of later',
      changes: { occurredAtMs: BigInt(now + 300_001) },
      verdict: { kind: 'dead', reason: 'future-event-time' },
    },
    {
      what: 'in nanoseconds',
      changes: { occurredAtMs: BigInt(now) * 1_000_000n },
      verdict: { kind: 'dead', reason: 'future-event-time' },
    },
    {
      what: 'in seconds',
      changes: { occurredAtMs: BigInt(now) / 1_000n },
      verdict: { kind: 'dead', reason: 'absurd-event-time' },
    },
    { what: 'of no time', changes: { occurredAtMs: 0n }, verdict: { kind: 'dead', reason: 'absurd-event-time' } },
    { what: 'of 2011', changes: { occurredAtMs: BigInt(Date.UTC(2011, 6, 1)) }, verdict: { kind: 'counted' } },
  ])('takes a prediction $what as $verdict', ({ changes, verdict }) => {
    expect(read(changes)).toMatchObject(verdict);
  });

  it('does not wait for the outcome of a shadow, which nobody saw', () => {
    expect(read({ status: PredictionStatus.SHADOW })).not.toHaveProperty('shown');
  });

  it('never throws, whatever the bytes', () => {
    const whole = toBinary(PredictionSchema, create(PredictionSchema, good));
    const cut = fc.nat(whole.length).map((length) => whole.slice(0, length));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), cut), (bytes) => {
        expect(['counted', 'parked', 'dead']).toContain(readPrediction(bytes, versionOf, now).kind);
        expect(['outcome', 'dead']).toContain(readOutcome(bytes, now).kind);
      }),
    );
  });
});

describe('readOutcome()', () => {
  const outcome = { outcomeId: 'o', predictionId: 'p', occurredAtMs: BigInt(now), kind: 'purchased', skus: ['a'] };
  it.each([
    { what: 'a purchase', changes: {}, verdict: { kind: 'outcome', outcome: 'purchased', skus: ['a'] } },
    { what: 'one without an id', changes: { outcomeId: '' }, verdict: { kind: 'dead', reason: 'malformed' } },
    { what: 'one of no prediction', changes: { predictionId: '' }, verdict: { kind: 'dead', reason: 'malformed' } },
    { what: 'one with NUL', changes: { kind: '\0' }, verdict: { kind: 'dead', reason: 'malformed' } },
    { what: 'one of no time', changes: { occurredAtMs: 0n }, verdict: { kind: 'dead', reason: 'absurd-event-time' } },
  ])('takes $what as $verdict', ({ changes, verdict }) => {
    const body = toBinary(OutcomeSchema, create(OutcomeSchema, { ...outcome, ...changes }));
    expect(readOutcome(body, now)).toMatchObject(verdict);
  });
});

describe('knownVersion()', () => {
  const of = (baselineJson?: string) =>
    knownVersion({
      model: 'basket',
      version: 1,
      signatureJson,
      ...(baselineJson === undefined ? {} : { baselineJson }),
    });
  const renamed = (tensor: string) => JSON.stringify(baseline).replaceAll('"items"', JSON.stringify(tensor));
  it.each([
    { what: 'with its baseline', known: () => of(JSON.stringify(baseline)), fault: undefined, grid: true },
    { what: 'without one', known: () => of(), fault: undefined, grid: false },
    { what: 'with no JSON', known: () => of('{'), fault: /JSON/, grid: false },
    { what: 'with no baseline', known: () => of('{}'), fault: /not a baseline/, grid: false },
    { what: 'with a tensor that is not logged', known: () => of(renamed('skus')), fault: /holds no skus/, grid: false },
    {
      what: 'with a number read from text',
      known: () => of(JSON.stringify(baseline).replace('"tensor":"price"', '"tensor":"items"')),
      fault: /holds text/,
      grid: false,
    },
  ])('is ready $what', ({ known, fault, grid }) => {
    const made = known();
    if (fault) expect(made.fault).toMatch(fault);
    else expect(made.fault).toBeUndefined();
    expect(made.grid !== undefined).toBe(grid);
  });

  it('refuses a signature that cannot be read', () => {
    expect(() => knownVersion({ model: 'b', version: 1, signatureJson: '{}' })).toThrow('signature.json');
  });
});

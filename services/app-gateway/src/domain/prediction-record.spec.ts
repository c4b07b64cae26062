import { describe, expect, it } from '@jest/globals';
import { PredictionStatus } from '@vinaigrette/contracts/events';
import { parseDocument } from '@vinaigrette/documents';
import { compileUseCase, type KnownVersion } from '@vinaigrette/serving';
import { loggedSchema, schemaIdOf, tensorOf, type Signature } from '@vinaigrette/signature';
import type { ReadyUseCase } from './configuration.js';
import type { FieldPolicies } from './field-policies.js';
import type { ModelAnswer } from './model-answer.js';
import { predictionRecord, shadowRecord } from './prediction-record.js';

const signature: Signature = {
  inputs: [{ name: 'x', datatype: 'FP32', shape: [-1] }],
  outputs: [{ name: 'y', datatype: 'FP32', shape: [-1] }],
  logged: [{ tensor: 'x' }, { tensor: 'y' }],
};
const schema = loggedSchema(signature);
const wanted: KnownVersion = {
  model: 'm',
  version: 3,
  signature,
  schema,
  schemaId: schemaIdOf(schema),
  bestSellers: [],
};
const document = parseDocument('use-case', { kind: 'prediction', model: 'm' });
const useCase = {
  name: 'quote',
  version: 2,
  document,
  expressions: compileUseCase(document),
  ruleSet: undefined,
  wanted,
  versions: new Map([[3, wanted]]),
  previous: undefined,
  trials: { model: [], ruleSet: [], useCase: [] },
} satisfies ReadyUseCase;
const happened = {
  asker: { unit: 'u', predictionId: 'id', segments: ['country=de', 'device=phone'] },
  route: { useCase, variant: 'canary', propensity: 0.25, rolloutId: 'r' },
  occurredAtMs: 5,
  asked: wanted,
  inputs: { x: tensorOf('FP32', [1], [1]) },
  fallback: undefined,
  shown: [],
  fired: [],
  latencyUs: 7.6,
};
const hash = (text: string) => `#${text}`;
const y = tensorOf('FP32', [1], [2]);
const said = (version: number, outputs: Extract<ModelAnswer, { ok: true }>['outputs']): ModelAnswer => ({
  ok: true,
  version,
  outputs,
});
const silent = (reason: 'timeout' | 'unavailable'): ModelAnswer => ({ ok: false, reason, why: '' });

describe('predictionRecord()', () => {
  const { ANSWERED, FALLBACK, TIMEOUT, ERROR } = PredictionStatus;
  it.each([
    { what: 'an answer', answer: said(3, { y }), status: ANSWERED, version: 3, numbers: [1, 2] },
    {
      what: 'an answer of a version not heard of',
      answer: said(4, { y }),
      status: ANSWERED,
      version: 4,
      numbers: [1, 2],
    },
    {
      what: 'an answer in tensors of another type: nothing is packed under a schema that does not fit',
      answer: said(4, { y: tensorOf('BYTES', [1], ['2']) }),
      status: ANSWERED,
      version: 4,
      numbers: [],
    },
    { what: 'a timeout', answer: silent('timeout'), status: TIMEOUT, version: 3, numbers: [1, NaN] },
    { what: 'an error', answer: silent('unavailable'), status: ERROR, version: 3, numbers: [1, NaN] },
    {
      what: 'a fallback',
      answer: silent('timeout'),
      fallback: 'rung',
      status: FALLBACK,
      version: 3,
      numbers: [1, NaN],
    },
  ])('of $what', ({ answer, fallback, status, version, numbers }) => {
    const record = predictionRecord({ ...happened, answer, fallback }, hash);
    expect(record).toMatchObject({
      status,
      version,
      numbers,
      fallback: fallback ?? '',
      latencyUs: 8,
      useCaseVersion: 2,
    });
    expect(record.schemaId).toEqual(numbers.length > 0 ? wanted.schemaId : new Uint8Array());
  });

  it('says who drew it, with which share, and where it belongs', () => {
    const record = predictionRecord({ ...happened, answer: said(3, { y }) }, hash);
    expect(record).toMatchObject({
      variant: 'canary',
      propensity: 0.25,
      rolloutId: 'r',
      segments: ['country=de', 'device=phone'],
      segment: 'country=de',
    });
    const undrawn = { ...happened.route, propensity: undefined, rolloutId: '' };
    expect(predictionRecord({ ...happened, route: undrawn, answer: said(3, { y }) }, hash).propensity).toBeUndefined();
  });

  it('names a rule once, however often it fired', () => {
    const record = predictionRecord({ ...happened, answer: said(3, { y }), fired: ['floor', 'floor'] }, hash);
    expect(record.firedRules).toEqual(['floor']);
  });

  type Row = { policies: FieldPolicies; unit: string; numbers: number[]; shown: string[] };
  it.each<Row>([
    { policies: {}, unit: 'u', numbers: [1, 2], shown: ['a'] },
    { policies: { unit: 'hash', skus: 'hash' }, unit: '#u', numbers: [1, 2], shown: ['#a'] },
    { policies: { unit: 'drop', x: 'drop', skus: 'drop' }, unit: 'id', numbers: [NaN, 2], shown: [] },
    { policies: { x: 'hash', y: 'keep' }, unit: 'u', numbers: [NaN, 2], shown: ['a'] }, // no number stands for a number
  ])('keeps no more than $policies lets it', ({ policies, unit, numbers, shown }) => {
    const guarded = { ...useCase, document: { ...useCase.document, logging: { ...policies } } };
    const route = { ...happened.route, useCase: guarded };
    const record = predictionRecord({ ...happened, route, answer: said(3, { y }), shown: ['a'] }, hash);
    expect({ unit: record.unit, numbers: record.numbers, shown: record.shown }).toEqual({ unit, numbers, shown });
  });
});

describe('shadowRecord()', () => {
  it('is of the same prediction, with what would have been shown', () => {
    const record = shadowRecord({ ...happened, answer: said(3, { y }), shown: ['a'], fired: ['b', 'b'] }, hash);
    const would = { numbers: [1, 2], shown: ['a'], firedRules: ['b'], fallback: '' };
    expect(record).toMatchObject({ predictionId: 'id', status: PredictionStatus.SHADOW, ...would });
  });
});

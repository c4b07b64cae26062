import { describe, expect, it } from '@jest/globals';
import { PredictionStatus } from '@vinaigrette/contracts/events';
import { parseDocument } from '@vinaigrette/documents';
import { loggedSchema, schemaIdOf, tensorOf, type Signature } from '@vinaigrette/signature';
import type { KnownVersion, ReadyUseCase } from './configuration.js';
import type { ModelAnswer } from './model-answer.js';
import { predictionRecord } from './prediction-record.js';

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
const useCase = {
  name: 'quote',
  version: 2,
  document: parseDocument('use-case', { kind: 'prediction', model: 'm' }),
  ruleSet: undefined,
  wanted,
  versions: new Map([[3, wanted]]),
  previous: undefined,
  trials: { model: [], ruleSet: [], useCase: [] },
} satisfies ReadyUseCase;
const happened = {
  predictionId: 'id',
  occurredAtMs: 5,
  unit: 'u',
  useCase,
  inputs: { x: tensorOf('FP32', [1], [1]) },
  fallback: undefined,
  shown: [],
  fired: [],
  latencyUs: 7.6,
};
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
    const record = predictionRecord({ ...happened, answer, fallback });
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

  it('names a rule once, however often it fired', () => {
    const clamp = { rule: 'floor', action: 'clamp' as const, output: 'y', from: -1, to: 0 };
    const record = predictionRecord({ ...happened, answer: said(3, { y }), fired: [clamp, clamp] });
    expect(record.firedRules).toEqual(['floor']);
  });
});

import { describe, expect, it } from '@jest/globals';
import { withinSegments } from './admit-segments.js';
import type { Counted } from './read-record.js';

const prediction = (...segments: string[]): Counted => ({
  kind: 'counted',
  cell: { model: 'basket', version: 1, variant: 'champion', paneMs: 0 },
  segments,
  status: 'answered',
  slots: new Uint32Array(),
  occurredAtMs: 0,
});
const counted = (predictions: Counted[], admitted: string[] = [], declared: string[] = [], perDimension = 2) => {
  const result = withinSegments(predictions, new Map([['basket', new Set(admitted)]]), () => declared, perDimension);
  return { segments: result.predictions.map(({ segments }) => segments), admits: result.admits.map((a) => a.segment) };
};

describe('withinSegments()', () => {
  it.each([
    { what: 'admits while there is room', has: [], declared: [], is: ['c=de', 'd=app'], admits: ['c=de', 'd=app'] },
    { what: 'knows what was admitted', has: ['c=de'], declared: [], is: ['c=de', 'd=app'], admits: ['d=app'] },
    {
      what: 'counts others as OTHER',
      has: ['c=fr', 'c=it'],
      declared: [],
      is: ['c=OTHER', 'd=app'],
      admits: ['d=app'],
    },
    {
      what: 'always knows declared ones',
      has: ['c=fr', 'c=it'],
      declared: ['c=de'],
      is: ['c=de', 'd=app'],
      admits: ['d=app'],
    },
  ])('$what', ({ has, declared, is, admits }) => {
    expect(counted([prediction('c=de', 'd=app')], has, declared)).toEqual({ segments: [is], admits });
  });

  it('fills the room in the order of the predictions', () => {
    const { segments, admits } = counted(['a', 'b', 'a', 'x', 'y'].map((value) => prediction(`c=${value}`)));
    expect(segments).toEqual([['c=a'], ['c=b'], ['c=a'], ['c=OTHER'], ['c=OTHER']]);
    expect(admits).toEqual(['c=a', 'c=b']);
  });
});

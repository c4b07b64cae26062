import { describe, expect, it } from '@jest/globals';
import { PlacesInLog } from './places-in-log.js';

const record = (offset: number, sequence = offset, gatewayId = 'g') => ({
  offset: BigInt(offset),
  sequence: BigInt(sequence),
  gatewayId,
});

describe('PlacesInLog', () => {
  it('takes each record once: by offset where it is read again, by sequence where it was shipped again', () => {
    const places = new PlacesInLog();
    expect(places.take('outcomes', '0', [record(1), record(2)])).toHaveLength(2);
    expect(places.take('outcomes', '0', [record(2), record(3), record(4, 3), record(5, 1, 'h')])).toEqual([
      record(3),
      record(5, 1, 'h'),
    ]);
    expect(places.next('outcomes', '0')).toBe(6n);
    expect(places.next('predictions', '0')).toBe(0n);
  });

  it('goes on where it was saved', () => {
    const places = new PlacesInLog();
    places.take('outcomes', '0', [record(7)]);
    const again = new PlacesInLog(JSON.parse(JSON.stringify(places.save())));
    expect(again.take('outcomes', '0', [record(7), record(8, 7)])).toEqual([]);
    expect(again.save()).toEqual({ 'outcomes/0': { next: '9', sequences: { g: '7' } } });
  });
});

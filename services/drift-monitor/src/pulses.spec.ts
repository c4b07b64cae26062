import { expect, it } from '@jest/globals';
import { Pulses } from './pulses.js';

it('names the loops that have not gone round for longer than their own pause and the limit', () => {
  let nowMs = 0;
  const pulses = new Pulses(10_000, () => nowMs);
  const beat = pulses.watch('reading');
  pulses.watch('forgetting', 60_000);
  nowMs = 10_000;
  expect(pulses.stalled()).toEqual([]);
  nowMs = 12_000;
  expect(pulses.stalled()).toEqual([{ loop: 'reading', seconds: 12 }]);
  beat();
  expect(pulses.stalled()).toEqual([]);
  nowMs = 70_001;
  expect(pulses.stalled().map(({ loop }) => loop)).toEqual(['reading', 'forgetting']);
});

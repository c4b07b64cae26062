import { expect, it } from '@jest/globals';
import { leastRecentlyUsed } from './least-recently-used.js';

const copies = [
  { path: 'new', bytes: 30, usedAtMs: 300 },
  { path: 'old', bytes: 10, usedAtMs: 100 },
  { path: 'middle', bytes: 20, usedAtMs: 200 },
];

it.each([
  { what: 'all when there is room', bytesMax: 60, keepFromMs: 1_000, gone: [] },
  { what: 'what was used last', bytesMax: 59, keepFromMs: 1_000, gone: ['old'] },
  { what: 'no more than the limit', bytesMax: 40, keepFromMs: 1_000, gone: ['old', 'middle'] },
  { what: 'what may still be read, whatever the limit', bytesMax: 0, keepFromMs: 200, gone: ['old'] },
  { what: 'nothing when nothing may be kept', bytesMax: 0, keepFromMs: 1_000, gone: ['old', 'middle', 'new'] },
])('keeps $what', ({ bytesMax, keepFromMs, gone }) => {
  expect(leastRecentlyUsed(copies, bytesMax, keepFromMs)).toEqual(gone);
});

import { expect, it } from '@jest/globals';
import { parseDocument } from '@vinaigrette/documents';
import { staleness } from './staleness.js';

const now = Date.UTC(2026, 10, 21);
const daysAgo = (days: number) => now - days * 86_400_000;

it.each([
  {
    what: 'older than it may be',
    registered: daysAgo(91),
    maxAgeDays: 90,
    says: /^registered 91 days ago.*allows 90$/,
  },
  { what: 'just old enough', registered: daysAgo(90), maxAgeDays: 90, says: /^$/ },
  { what: 'of an unknown age', registered: undefined, maxAgeDays: 90, says: /^$/ },
  { what: 'old without a limit', registered: daysAgo(9_000), maxAgeDays: undefined, says: /^$/ },
])('says of a version $what "$says"', ({ registered, maxAgeDays, says }) => {
  const policy = parseDocument('drift-policy', maxAgeDays === undefined ? {} : { maxAgeDays });
  expect(staleness(registered, now, policy)).toMatch(says);
});

import { describe, expect, it } from '@jest/globals';
import { ejectionPolicy, LastRequests, reasonToEject } from './ejection.js';

const of = (requests: number, errors: number) => ({ requests, errors });

describe('reasonToEject()', () => {
  it.each([
    { what: 'too few requests', candidate: of(19, 19), inForce: of(50, 0), ejects: false },
    { what: 'a candidate that fails half the time', candidate: of(20, 10), inForce: of(50, 0), ejects: true },
    {
      what: 'one that fails now and then: the registry decides',
      candidate: of(50, 24),
      inForce: of(50, 0),
      ejects: false,
    },
    { what: 'a house that is down as a whole', candidate: of(50, 50), inForce: of(50, 50), ejects: false },
    { what: 'a candidate far worse than a bad day', candidate: of(50, 50), inForce: of(50, 16), ejects: true },
    { what: 'a candidate for everybody', candidate: of(50, 25), inForce: of(0, 0), ejects: true },
  ])('of $what: $ejects', ({ candidate, inForce, ejects }) => {
    expect(reasonToEject(candidate, inForce, ejectionPolicy) !== undefined).toBe(ejects);
  });
});

describe('LastRequests', () => {
  it('forgets what is older', () => {
    const last = new LastRequests(3);
    for (const wrong of [true, true, false, false]) last.add(wrong);
    expect(of(last.requests, last.errors)).toEqual(of(3, 1));
  });
});

import { describe, expect, it } from '@jest/globals';
import { remember, verdictOf, verdictOfLook, type AlertMemory, type WindowMemory } from './alert.js';
import type { Look } from './judge-window.js';

const looks: Record<string, Look> = {
  d: { kind: 'drifted', severity: 'warning', features: ['x'], why: 'x moved' },
  D: { kind: 'drifted', severity: 'critical', features: ['y', 'x'], why: 'y moved' },
  l: { kind: 'lingering', why: 'x is near' },
  c: { kind: 'clear', why: 'all is well' },
  n: { kind: 'no-data', why: 'nobody came' },
  i: { kind: 'insufficient', why: 'few came' },
  b: { kind: 'no-baseline', why: 'there is none' },
};
const after = (letters: string): WindowMemory | undefined =>
  [...letters].reduce<WindowMemory | undefined>((memory, letter) => remember(memory, looks[letter]!), undefined);
const verdict = (hour: string, day = '') => {
  const memory: AlertMemory = {};
  if (hour !== '') memory['1h'] = after(hour)!;
  if (day !== '') memory['24h'] = after(day)!;
  return verdictOf(memory);
};

describe('the alert of a model version', () => {
  it.each([
    { looks: 'c', state: 'OK', what: 'nothing has drifted' },
    { looks: 'd', state: 'PENDING', what: 'it drifted once' },
    { looks: 'dd', state: 'PENDING', what: 'it drifted twice' },
    { looks: 'ddd', state: 'FIRING', what: 'it drifted three times' },
    { looks: 'dcdd', state: 'FIRING', what: 'it drifted in three of four looks' },
    { looks: 'dccdd', state: 'PENDING', what: 'it drifted in two of the last four' },
    { looks: 'ddc', state: 'OK', what: 'it came back before it fired' },
    { looks: 'dddc', state: 'FIRING', what: 'one clear look is not enough to end it' },
    { looks: 'dddcc', state: 'OK', what: 'two clear looks end it' },
    { looks: 'dddclc', state: 'FIRING', what: 'the clear looks must follow each other' },
    { looks: 'dddllll', state: 'FIRING', what: 'below the floor is not clear' },
    { looks: 'dddnnnn', state: 'FIRING', what: 'silence does not end it' },
    { looks: 'dddcnc', state: 'OK', what: 'silence is no look' },
    { looks: 'dddccdd', state: 'PENDING', what: 'it starts again from nothing' },
    { looks: 'ddnid', state: 'FIRING', what: 'looks without evidence do not count' },
    { looks: 'cn', state: 'NO_DATA', what: 'nobody comes' },
    { looks: 'ci', state: 'INSUFFICIENT', what: 'too few come' },
    { looks: 'b', state: 'NO_BASELINE', what: 'there is nothing to compare with' },
  ])('is $state after $looks: $what', ({ looks: letters, state }) => {
    expect(verdict(letters).state).toBe(state);
  });

  it.each([
    { hour: 'c', day: 'ddd', state: 'FIRING' },
    { hour: 'n', day: 'ddd', state: 'FIRING' },
    { hour: 'n', day: 'c', state: 'NO_DATA' },
    { hour: 'i', day: 'c', state: 'OK' },
    { hour: 'i', day: 'd', state: 'PENDING' },
    { hour: 'i', day: 'i', state: 'INSUFFICIENT' },
    { hour: 'b', day: 'b', state: 'NO_BASELINE' },
    { hour: '', day: '', state: 'NO_DATA' },
  ])('is $state with "$hour" in the hour and "$day" in the day', ({ hour, day, state }) => {
    expect(verdict(hour, day).state).toBe(state);
  });

  it('names the worst severity and every guilty feature once', () => {
    expect(verdict('ddd', 'DDD')).toMatchObject({ severity: 'critical', features: ['x', 'y'] });
    expect(verdict('dddc')).toMatchObject({
      severity: 'warning',
      features: ['x'],
      why: '1h: x moved (held; now all is well)',
    });
    expect(verdict('dddcc')).toMatchObject({ severity: '', features: [] });
  });

  it('of one look alone never fires', () => {
    expect(verdictOfLook(looks['d']!).why).toBe('x moved');
    expect(Object.values(looks).map((look) => verdictOfLook(look).state)).toEqual([
      'PENDING',
      'PENDING',
      'OK',
      'OK',
      'NO_DATA',
      'INSUFFICIENT',
      'NO_BASELINE',
    ]);
  });
});

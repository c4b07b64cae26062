import { describe, expect, it } from '@jest/globals';
import { isUnavailable, sqlStateOf } from './index.js';

const withCode = (code: string, message = 'it failed') => Object.assign(new Error(message), { code });
const wrapped = (driverError: Error) => Object.assign(new Error(driverError.message), { driverError });

describe('isUnavailable()', () => {
  it.each([
    { error: withCode('ECONNREFUSED'), unavailable: true },
    { error: withCode('57P01', 'terminating connection due to administrator command'), unavailable: true },
    { error: withCode('53300', 'too many connections'), unavailable: true },
    { error: new Error('Connection terminated unexpectedly'), unavailable: true },
    { error: wrapped(withCode('08006')), unavailable: true },
    { error: new AggregateError([withCode('ECONNREFUSED')]), unavailable: true },
    { error: withCode('28P01', 'password authentication failed'), unavailable: false },
    { error: withCode('23505', 'duplicate key'), unavailable: false },
    { error: wrapped(withCode('22001')), unavailable: false },
    { error: new TypeError('x is not a function'), unavailable: false },
    { error: 'a text', unavailable: false },
  ])('$error: $unavailable', ({ error, unavailable }) => {
    expect(isUnavailable(error)).toBe(unavailable);
  });
});

describe('sqlStateOf()', () => {
  it.each([
    { error: withCode('23505'), state: '23505' },
    { error: wrapped(withCode('22001')), state: '22001' },
    { error: withCode('ECONNREFUSED'), state: '' },
    { error: new Error('no code'), state: '' },
  ])('$error: "$state"', ({ error, state }) => expect(sqlStateOf(error)).toBe(state));
});

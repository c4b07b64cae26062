import { describe, expect, it } from '@jest/globals';
import { endOfLog } from './end-of-log.js';

describe('endOfLog()', () => {
  it.each([
    {
      log: '{"level":60,"msg":"Cannot start with this environment","err":{"stack":"..."}}\n',
      end: ['  Cannot start with this environment'],
    },
    { log: 'a\nb\nc\n', end: ['  b', '  c'] },
    { log: '{"level":30}\n{"broken\n', end: ['  {"level":30}', '  {"broken'] },
    { log: '42\n', end: ['  42'] },
    { log: 'null\n', end: ['  null'] },
    { log: '', end: ['  '] },
  ])('of $log is $end', ({ log, end }) => {
    expect(endOfLog(log, 2).split('\n')).toEqual(end);
  });
});

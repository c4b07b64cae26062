import { describe, expect, it } from '@jest/globals';
import path from 'node:path';
import { root } from '../src/config.js';

interface Sum {
  passed: number;
  failed: number;
  skipped: string[];
  failures: string[];
}
interface Tools {
  faultsOfLock(lock: unknown): string[];
  sumUp(project: string, results: unknown, status: number): Sum;
  lastLine(total: { passed: number; failed: number; skipped: number }): string;
}
const load = (file: string) => import(path.join(root, 'tools', file)) as Promise<Tools>;

describe('faultsOfLock()', () => {
  it.each([
    {
      what: 'a lock that installs everywhere',
      packages: { '': {}, 'node_modules/a': { optionalDependencies: { b: '1' } }, 'node_modules/b': {} },
      faults: [],
    },
    {
      what: 'a platform package that was missing when it was written',
      packages: { 'node_modules/a': { optionalDependencies: { '@b/darwin': '1' } }, 'node_modules/@b/linux': {} },
      faults: ['node_modules/a names @b/darwin, which is not in the lock'],
    },
    {
      what: 'a nested one',
      packages: { 'node_modules/a': { optionalDependencies: { '@b/x': '1' } }, 'node_modules/a/node_modules/@b/x': {} },
      faults: [],
    },
    {
      what: 'the address of a registry',
      packages: { 'node_modules/a': { resolved: 'https://registry.example/a.tgz' } },
      faults: ['node_modules/a is tied to the address https://registry.example/a.tgz'],
    },
    { what: 'a workspace', packages: { 'node_modules/a': { resolved: 'libs/a', link: true } }, faults: [] },
  ])('of $what: $faults', async ({ packages, faults }) => {
    expect((await load('lock.mjs')).faultsOfLock({ packages })).toEqual(faults);
  });
});

describe('sumUp()', () => {
  const test = (status: string) => ({ status, title: 't', fullName: 'suite t', ancestorTitles: ['suite'] });
  it.each([
    {
      what: 'tests of every kind',
      results: {
        success: false,
        testResults: [
          { name: 'x.spec.ts', status: 'failed', assertionResults: ['passed', 'failed', 'pending', 'todo'].map(test) },
        ],
      },
      status: 1,
      sum: { passed: 1, failed: 1, skipped: ['p: suite', 'p: suite'], failures: ['p: suite t'] },
    },
    {
      what: 'a spec file that could not be loaded',
      results: { success: false, testResults: [{ name: 'x.spec.ts', status: 'failed', assertionResults: [] }] },
      status: 1,
      sum: { passed: 0, failed: 1, skipped: [], failures: ['p: x.spec.ts did not run to its end'] },
    },
    {
      what: 'a project without tests',
      results: { success: true, testResults: [] },
      status: 0,
      sum: { passed: 0, failed: 0, skipped: [], failures: [] },
    },
    {
      what: 'a run that was killed',
      results: undefined,
      status: 137,
      sum: { passed: 0, failed: 1, skipped: [], failures: ['p: ended with status 137 and left no results'] },
    },
    {
      what: 'a jest that is not satisfied although nothing failed',
      results: { success: false, testResults: [] },
      status: 1,
      sum: { passed: 0, failed: 1, skipped: [], failures: ['p: jest was not satisfied, see its output above'] },
    },
  ])('counts $what', async ({ results, status, sum }) => {
    expect((await load('test/results.mjs')).sumUp('p', results, status)).toEqual(sum);
  });

  it.each([
    [{ passed: 3, failed: 0, skipped: 0 }, '3 passed, 0 failed'],
    [{ passed: 3, failed: 1, skipped: 2 }, '3 passed, 1 failed, 2 skipped'],
  ])('ends %j with the line %s', async (total, line) => {
    expect((await load('test/results.mjs')).lastLine(total)).toBe(line);
  });
});

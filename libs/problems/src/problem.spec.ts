import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { grpcStatusOf, httpStatusOf, Problem, problemOf, problems, type ProblemCode } from './index.js';

const codes = Object.keys(problems) as ProblemCode[];

describe('the codes', () => {
  it('are sorted, so that a new one has one place', () => {
    expect(codes).toEqual(codes.toSorted());
  });

  it('are told in docs/errors.md, each with its remedy and statuses, and nothing else is', () => {
    const page = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8');
    const rows = page.split('\n').filter((line) => line.startsWith('| <a id='));
    expect(rows).toEqual(
      codes.map((code) => {
        const { kind, remedy } = problems[code];
        return `| <a id="${code.toLowerCase()}"></a>\`${code}\` | ${httpStatusOf(kind)} | ${grpcStatusOf(kind)} | ${remedy} |`;
      }),
    );
  });
});

describe('Problem', () => {
  it('tells code, remedy and field as problem+json', () => {
    const problem = new Problem('BODY_INVALID', 'basket[3] is not text', { field: 'basket[3]' });
    expect(problem.details()).toEqual({
      type: '/docs/errors#body_invalid',
      title: 'BODY_INVALID',
      status: 422,
      detail: 'basket[3] is not text',
      code: 'BODY_INVALID',
      remedy: problems.BODY_INVALID.remedy,
      field: 'basket[3]',
    });
  });

  it('hides what is no problem of the caller', () => {
    const secret = problemOf(new TypeError('password is hunter2'));
    expect(JSON.stringify(secret.details())).not.toContain('hunter2');
    expect(secret.code).toBe('INTERNAL');
  });

  it('passes a problem on as it is', () => {
    const problem = new Problem('MODEL_NOT_FOUND', 'There is no model colour');
    expect(problemOf(problem)).toBe(problem);
  });
});

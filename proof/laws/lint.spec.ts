import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from '@jest/globals';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

const laws = [
  {
    law: 'no service imports another',
    file: 'services/app-gateway/src/config.ts',
    text: `import '@vinaigrette/registry/main';\n`,
    rule: '@nx/enforce-module-boundaries',
  },
  {
    law: 'the gateway never imports a model',
    file: 'services/app-gateway/src/config.ts',
    text: `import { recommend } from '@vinaigrette/basket';\nexport const r = recommend;\n`,
    rule: '@nx/enforce-module-boundaries',
  },
  {
    law: 'a model imports no event log',
    file: 'models/basket/src/index.ts',
    text: `import { SegmentReader } from '@vinaigrette/event-log';\nexport const r = SegmentReader;\n`,
    rule: '@nx/enforce-module-boundaries',
  },
  {
    law: 'what a model computes knows no file and no database',
    file: 'models/segments/src/domain/cluster.ts',
    text: `import { readWholeTable } from '@vinaigrette/tables';\nexport const r = readWholeTable;\n`,
    rule: 'no-restricted-imports',
  },
  {
    law: 'nobody reaches into another project by path',
    file: 'libs/drift/src/index.ts',
    text: `export * from '../../event-log/src/index.js';\n`,
    rule: '@nx/enforce-module-boundaries',
  },
  {
    law: 'a pure library does no I/O',
    file: 'libs/drift/src/index.ts',
    text: `import { readFileSync } from 'node:fs';\nexport const r = readFileSync;\n`,
    rule: 'no-restricted-imports',
  },
  {
    law: 'a pure library has no clock',
    file: 'libs/drift/src/index.ts',
    text: `export const now = () => Date.now();\n`,
    rule: 'no-restricted-properties',
  },
  {
    law: 'a forgotten promise is found',
    file: 'libs/drift/src/index.ts',
    text: `async function f() {}\nexport const g = () => {\n  f();\n};\n`,
    rule: '@typescript-eslint/no-floating-promises',
  },
];
const lawful = ['libs/drift/src/index.ts', 'services/app-gateway/src/config.ts'];

describe('the linter keeps the laws', () => {
  /** The rules found broken, first by the laws in their order, then by the lawful files. */
  let broken: string[][];

  beforeAll(() => {
    // The boundary rule reads the project graph, which Nx has to have computed.
    execFileSync(`${ROOT}node_modules/.bin/nx`, ['graph', '--file=.nx/graph.json'], { cwd: ROOT, stdio: 'ignore' });
    const texts = [...laws, ...lawful.map((file) => ({ file, text: readFileSync(`${ROOT}${file}`, 'utf8') }))];
    // One process for all: most of its time goes into reading the types of the project.
    const output = execFileSync(process.execPath, ['proof/laws/lint-texts.mjs'], {
      cwd: ROOT,
      input: JSON.stringify(texts),
      encoding: 'utf8',
    });
    broken = JSON.parse(output) as string[][];
  }, 300_000);

  it.each(laws.map((law, index) => ({ ...law, index })))('$law', ({ rule, index }) => {
    expect(broken[index]).toContain(rule);
  });

  it.each(lawful.map((file, index) => ({ file, index })))('and finds nothing in $file as it is', ({ index }) => {
    expect(broken[laws.length + index]).toEqual([]);
  });
});

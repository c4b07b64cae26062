import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from '@jest/globals';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const bin = (name: string) => `${ROOT}node_modules/.bin/${name}`;

/** The rules that the linter finds broken when this text stands in that file. */
function broken(file: string, text: string): string[] {
  const { stdout } = spawnSync(bin('eslint'), ['--stdin', '--stdin-filename', file, '--format', 'json'], {
    cwd: ROOT,
    input: text,
    encoding: 'utf8',
  });
  const [result] = JSON.parse(stdout) as [{ messages: { ruleId: string | null }[] }];
  return [...new Set(result.messages.map((message) => message.ruleId ?? 'unparsed'))].sort();
}

describe('the linter keeps the laws', () => {
  // The boundary rule reads the project graph, which Nx has to have computed.
  beforeAll(() => void execFileSync(bin('nx'), ['graph', '--file=.nx/graph.json'], { cwd: ROOT, stdio: 'ignore' }));

  it.each([
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
  ])(
    '$law',
    ({ file, text, rule }) => {
      expect(broken(file, text)).toContain(rule);
    },
    60_000,
  );

  it.each(['libs/drift/src/index.ts', 'services/app-gateway/src/config.ts'])(
    'and finds nothing in %s as it is',
    (file) => expect(broken(file, readFileSync(`${ROOT}${file}`, 'utf8'))).toEqual([]),
    60_000,
  );
});

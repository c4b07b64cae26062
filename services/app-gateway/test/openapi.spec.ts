import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { describeWith } from '../../../tools/real-part.mjs';
import { openShop } from './open-shop.js';
import { document, quote, recommendations } from './shop.js';
import { TOKEN } from './test-gateway.js';

const SETTINGS = join(import.meta.dirname, '../../../proof/conformance/gateway/schemathesis.toml');
/** So that no answer depends on how busy the machine is. */
const budgetMs = 30_000;

describeWith('the Python clients', 'PYTHON_CLIENTS', 'the reference at /openapi.json', () => {
  let shop: Awaited<ReturnType<typeof openShop>>;

  beforeAll(async () => {
    shop = await openShop([
      document('use-case', 'recommendations', {
        ...recommendations,
        budgetMs,
        limit: { default: 5, max: 1_000 }, // whatever the reference allows
        precomputed: { table: 'answers', key: 'customer' }, // best sellers, while nothing is in it
      }),
      document('use-case', 'quote', { ...quote, budgetMs }),
    ]);
  }, 60_000);
  afterAll(() => shop.close(), 60_000);

  it('holds for whatever schemathesis makes of it: no 5xx, and no answer that it does not announce', async () => {
    const python = join(process.env.PYTHON_CLIENTS as string, 'gateway/bin/python');
    const report = await promisify(execFile)(
      python,
      [
        ...['-m', 'schemathesis.cli', '--config-file', SETTINGS],
        ...['run', `${shop.gateway.url}/openapi.json`, '--header', `x-vinaigrette-token: ${TOKEN}`],
      ],
      { cwd: shop.space.folder, maxBuffer: 64 * 1024 * 1024 },
    ).catch((failed: { stdout: string }) => failed);
    expect(report.stdout).toContain('No issues found');
    expect(report.stdout).toMatch(/Tested: 9\n/);
  }, 600_000);
});

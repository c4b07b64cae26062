import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually, type House } from './house.js';
import { call } from './shop.js';

const documents = {
  'rule-set': {
    name: 'shop',
    body: { rules: [{ id: 'ten-at-most', action: 'cap', items: 10 }] },
  },
  'use-case': {
    name: 'recommendations',
    body: { kind: 'recommendation', model: 'basket', ruleSet: 'shop', budgetMs: 60_000, fallback: ['best-sellers'] },
  },
} as const;

/**
 * Gives an empty house a basket model and the documents that put it to use, with the commands a model owner would type,
 * and waits until the model answers. A document's body may be replaced.
 */
export async function furnish(
  house: House,
  versionDir: string,
  replaced: Partial<Record<keyof typeof documents, object>> = {},
): Promise<void> {
  await house.vinaigrette('models', 'push', versionDir, '--name', 'basket', '--alias', 'champion', '--reason', 'first');
  for (const [kind, { name, body }] of Object.entries(documents)) {
    const file = join(house.dir, `${name}.json`);
    writeFileSync(file, JSON.stringify(replaced[kind as keyof typeof documents] ?? body));
    await house.vinaigrette('documents', 'put', kind, name, file, '--alias', 'champion', '--reason', 'first');
  }
  await eventually(
    'ready',
    () => call(`${house.gatewayUrl}/readyz`),
    ({ status }) => status === 200,
  );
  await eventually(
    'serving the model',
    () => call(`${`http://127.0.0.1:${house.ports.modelServerHttp}`}/readyz`),
    ({ status }) => status === 200,
  );
}

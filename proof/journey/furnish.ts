import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually, type House } from './house.js';
import { call } from './shop.js';

const first = ['--alias', 'champion', '--reason', 'first'];

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
  await pushModel(house, 'basket', versionDir);
  for (const [kind, { name, body }] of Object.entries(documents)) {
    await putDocument(house, kind, name, replaced[kind as keyof typeof documents] ?? body);
  }
  await eventually(
    'ready',
    () => call(`${house.gatewayUrl}/readyz`),
    ({ status }) => status === 200,
  );
  await untilServed(house, 'basket');
}

/** Registers the version of a folder, and puts it in force. */
export async function pushModel(house: House, model: string, versionDir: string): Promise<void> {
  await house.vinaigrette('models', 'push', versionDir, '--name', model, ...first);
}

/** Puts a document in force. */
export async function putDocument(house: House, kind: string, name: string, body: object): Promise<void> {
  const file = join(house.dir, `${kind}-${name}.json`);
  writeFileSync(file, JSON.stringify(body));
  await house.vinaigrette('documents', 'put', kind, name, file, ...first);
}

/** Waits until the model server answers for the model. */
export async function untilServed(house: House, model: string): Promise<void> {
  await eventually(
    `serving ${model}`,
    () => call(`http://127.0.0.1:${house.ports.modelServerHttp}/v2/models/${model}/ready`),
    ({ status }) => status === 200,
  );
}

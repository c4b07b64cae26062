import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { Registry } from '../adapters/registry.js';

export const MODEL = 'basket';
const ALIAS = 'champion';

/** What the demo shop starts with. Shops change them with `vinaigrette documents put`. */
const documents = [
  {
    kind: 'rule-set',
    name: 'shop',
    body: {
      rules: [
        { id: 'weak-rules-stay-silent', action: 'minimum-score', score: 0.1 },
        { id: 'ten-at-most', action: 'cap', items: 10 },
      ],
    },
  },
  {
    kind: 'use-case',
    name: 'recommendations',
    body: {
      kind: 'recommendation',
      model: MODEL,
      alias: ALIAS,
      ruleSet: 'shop',
      budgetMs: 250,
      limit: { default: 5, max: 50 },
      fallback: ['best-sellers'],
      feedbackLoop: true,
    },
  },
];

/**
 * Gives an empty registry something to serve: demo sales, a model trained on them, and the documents that put it to
 * use. What is there already is left alone, so it can be called at every start and goes on where a killed one stopped.
 */
export async function provideFirstModel(
  registry: Registry,
  stateDir: string,
  tell: (news: string) => void,
): Promise<void> {
  const basket = (await registry.models()).find(({ name }) => name === MODEL);
  if (basket?.aliases[ALIAS] === undefined) {
    const version = basket?.versions[0]?.version ?? (await trainAndPush(registry, stateDir, tell));
    await registry.setAlias({
      kind: 'model',
      name: MODEL,
      alias: ALIAS,
      version,
      reason: 'the first model of this house',
    });
  }
  for (const { kind, name, body } of documents) {
    if ((await registry.findDocument(kind, name, ALIAS)) !== undefined) continue;
    const { document } = await registry.putDocument(kind, name, body);
    const reason = 'what the demo shop starts with';
    await registry.setAlias({ kind, name, alias: ALIAS, version: document?.version ?? 1, reason });
  }
}

async function trainAndPush(registry: Registry, stateDir: string, tell: (news: string) => void): Promise<number> {
  // Only a first start needs what trains; loading it costs every other one half a second.
  const { generateDemoSales, trainBasket } = await import('@vinaigrette/basket');
  const folder = path.join(stateDir, 'first-model');
  const [sales, version] = [path.join(folder, 'demo-sales.csv'), path.join(folder, 'version')];
  tell('generating six months of demo sales, and training the first model on them');
  const { lines } = await generateDemoSales({ output: sales });
  const card = await trainBasket({ input: sales, format: 'online-retail', policy: 'strict', outDir: version });
  tell(`trained on ${lines} lines of sales: ${card.served.rules} rules; registering it`);
  const { modelVersion } = await registry.push(version, MODEL, 'trained on generated demo sales');
  await rm(folder, { recursive: true });
  return modelVersion?.version ?? 1;
}

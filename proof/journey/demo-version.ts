import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateDemoSales, trainBasket } from '@vinaigrette/basket';

/** A version of the demo shop's model in a folder of its own; `minConfidence` tells two versions apart. */
export async function demoVersion(minConfidence = 0.2): Promise<{ dir: string; remove: () => void }> {
  const root = mkdtempSync(join(tmpdir(), 'vinaigrette-demo-version-'));
  const sales = join(root, 'sales.csv');
  await generateDemoSales({ output: sales, seed: 7, basketsPerDay: 20 });
  const dir = join(root, 'version');
  await trainBasket({
    input: sales,
    format: 'online-retail',
    policy: 'strict',
    minSupport: 0.01,
    minConfidence,
    outDir: dir,
  });
  return { dir, remove: () => rmSync(root, { recursive: true, force: true }) };
}

import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Writes a version's files, JSON where they are not bytes. Each appears whole or not at all, in the order given: the
 * last one there means that all are.
 */
export async function writeVersionFiles(outDir: string, files: Record<string, unknown>): Promise<void> {
  await mkdir(outDir, { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    const path = join(outDir, name);
    await writeFile(`${path}.part`, content instanceof Uint8Array ? content : `${JSON.stringify(content, null, 1)}\n`);
    await rename(`${path}.part`, path);
  }
}

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Size and SHA-256 of a file as it is stored. */
export async function digestOf(path: string): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { bytes, sha256: hash.digest('hex') };
}

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

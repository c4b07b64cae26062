import { readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const fileName = 'shipped.json';

/** The first sequence of a topic's folder not yet known to be in Kafka; undefined when nothing was ever shipped. */
export function readShippedNext(topicFolder: string): bigint | undefined {
  try {
    const { next } = JSON.parse(readFileSync(join(topicFolder, fileName), 'utf8')) as { next?: unknown };
    return typeof next === 'string' && /^\d+$/.test(next) ? BigInt(next) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Never half written. No fsync: after a power cut an older position is shipped again, which the reader drops, and the
 * gateway need not wait for the disk.
 */
export async function storeShippedNext(topicFolder: string, next: bigint): Promise<void> {
  const path = join(topicFolder, fileName);
  await writeFile(`${path}.new`, JSON.stringify({ next: String(next) }));
  await rename(`${path}.new`, path);
}

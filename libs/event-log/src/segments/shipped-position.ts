import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { syncFolder } from './segment-files.js';

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

/** Survives a power cut, and is never half written. */
export function storeShippedNext(topicFolder: string, next: bigint): void {
  const path = join(topicFolder, fileName);
  const file = openSync(`${path}.new`, 'w');
  try {
    writeSync(file, JSON.stringify({ next: String(next) }));
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(`${path}.new`, path);
  syncFolder(topicFolder);
}

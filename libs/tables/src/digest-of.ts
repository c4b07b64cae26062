import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { Problem } from '@vinaigrette/problems';

/** Size and SHA-256 (hexadecimal) of a file as it is stored. Throws FILE_UNREADABLE. */
export async function digestOf(path: string): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
      hash.update(chunk);
      bytes += chunk.length;
    }
  } catch (cause) {
    const message = `${path} cannot be read: ${(cause as Error).message}`;
    throw new Problem('FILE_UNREADABLE', message, { field: 'input', cause });
  }
  return { bytes, sha256: hash.digest('hex') };
}

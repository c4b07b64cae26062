import { createHash } from 'node:crypto';
import type { Client } from '@connectrpc/connect';
import type { RegistryService } from '@vinaigrette/contracts/registry';
import type { ObjectStore } from '@vinaigrette/object-store';
import { Problem } from '@vinaigrette/problems';
import { z } from 'zod';

const MANIFEST = 'manifest.json';
const ROWS = 'rows.jsonl';
const BATCH_BYTES = 1024 * 1024;
const CHUNK_BYTES = 512 * 1024;
const LINE = /^\{"table":"([a-z0-9_]+)","row":(\{.*\})\}$/s;

type Calls = Client<typeof RegistryService>;

/** Written last: without it there is no backup. */
const manifestSchema = z.object({
  format: z.literal(1),
  takenAt: z.iso.datetime(),
  migrations: z.array(z.string()),
  rows: z.number().int(),
  rowsSha256: z.string(),
  artefacts: z.array(z.string().regex(/^[0-9a-f]{64}$/)),
});
export type Manifest = z.infer<typeof manifestSchema>;

/** Reads the whole registry into an empty store: its rows as of one moment, then each artefact, its digest compared. */
export async function takeBackup(calls: Calls, store: ObjectStore, takenAt: Date): Promise<Manifest> {
  if (await store.head(MANIFEST)) throw new Problem('NAME_TAKEN', 'There is a backup already: choose another place');
  const seen: Pick<Manifest, 'migrations' | 'artefacts' | 'rows'> = { migrations: [], artefacts: [], rows: 0 };
  const { sha256: rowsSha256 } = await store.put(ROWS, linesOf(calls, seen));
  for (const sha256 of seen.artefacts) {
    const kept = await store.put(keyOf(sha256), bytesOf(calls, sha256));
    if (kept.sha256 !== sha256) throw corrupt(sha256);
  }
  const manifest: Manifest = { format: 1, takenAt: takenAt.toISOString(), rowsSha256, ...seen };
  await store.put(MANIFEST, Buffer.from(JSON.stringify(manifest, null, 2)));
  return manifest;
}

/** Compares every digest, uploads the artefacts, then the rows, which the registry takes all or none. */
export async function restoreBackup(calls: Calls, store: ObjectStore, actor: string): Promise<Manifest> {
  const manifest = await readManifest(store);
  if ((await digestOf(store.get(ROWS))) !== manifest.rowsSha256) throw corrupt(ROWS);
  for (const sha256 of manifest.artefacts) {
    const kept = await calls.uploadArtifact(chunksOf(store.get(keyOf(sha256))));
    if (kept.sha256 !== sha256) throw corrupt(sha256);
  }
  await calls.restoreBackup(messagesOf(store, manifest, actor));
  return manifest;
}

async function readManifest(store: ObjectStore): Promise<Manifest> {
  if (!(await store.head(MANIFEST)))
    throw new Problem('BACKUP_INVALID', 'There is no whole backup: manifest.json is missing');
  const chunks: Uint8Array[] = [];
  for await (const chunk of store.get(MANIFEST)) chunks.push(chunk);
  try {
    return manifestSchema.parse(JSON.parse(Buffer.concat(chunks).toString('utf8')));
  } catch (cause) {
    throw new Problem('BACKUP_INVALID', `manifest.json is of another form: ${(cause as Error).message}`, { cause });
  }
}

/** Rows as they come, a line each; `seen` learns what else is told. */
async function* linesOf(
  calls: Calls,
  seen: Pick<Manifest, 'migrations' | 'artefacts' | 'rows'>,
): AsyncIterable<Uint8Array> {
  for await (const { migrations, table, rowsJson, sha256s } of calls.readBackup({})) {
    seen.migrations.push(...migrations);
    seen.artefacts.push(...sha256s);
    seen.rows += rowsJson.length;
    if (rowsJson.length > 0) yield Buffer.from(rowsJson.map((row) => `{"table":"${table}","row":${row}}\n`).join(''));
  }
}

async function* bytesOf(calls: Calls, sha256: string): AsyncIterable<Uint8Array> {
  for await (const { chunk } of calls.downloadArtifact({ sha256 })) yield chunk;
}

async function* chunksOf(bytes: AsyncIterable<Uint8Array>): AsyncIterable<{ chunk: Uint8Array }> {
  yield { chunk: new Uint8Array() }; // an empty file has no other
  for await (const part of bytes) {
    for (let at = 0; at < part.byteLength; at += CHUNK_BYTES) yield { chunk: part.subarray(at, at + CHUNK_BYTES) };
  }
}

async function* messagesOf(store: ObjectStore, { migrations }: Manifest, actor: string) {
  yield { migrations, actor };
  let table = '';
  let rowsJson: string[] = [];
  let bytes = 0;
  for await (const line of linesIn(store.get(ROWS))) {
    const [, of = '', row = ''] = LINE.exec(line) ?? [];
    if (of === '') throw new Problem('BACKUP_INVALID', `${ROWS} has a line of another form`);
    if (rowsJson.length > 0 && (of !== table || bytes > BATCH_BYTES)) {
      yield { table, rowsJson };
      [rowsJson, bytes] = [[], 0];
    }
    table = of;
    rowsJson.push(row);
    bytes += row.length;
  }
  if (rowsJson.length > 0) yield { table, rowsJson };
}

async function* linesIn(bytes: AsyncIterable<Uint8Array>): AsyncIterable<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let rest = '';
  for await (const part of bytes) {
    const lines = (rest + decoder.decode(part, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  if (rest !== '') throw new Problem('BACKUP_INVALID', `${ROWS} ends within a line`);
}

async function digestOf(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256');
  for await (const part of bytes) hash.update(part);
  return hash.digest('hex');
}

const keyOf = (sha256: string): string => `sha256/${sha256.slice(0, 2)}/${sha256}`;

const corrupt = (what: string): Problem =>
  new Problem('ARTIFACT_CORRUPT', `${what} does not have the SHA-256 it is kept under`);

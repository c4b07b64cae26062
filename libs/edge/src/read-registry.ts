import { createHash } from 'node:crypto';
import type { Client } from '@connectrpc/connect';
import type { RegistryService, WantedState } from '@vinaigrette/contracts/registry';
import { Problem } from '@vinaigrette/problems';

/** Most bytes of an artefact that is read whole: a baseline of a thousand features has less. */
const ARTEFACT_BYTES_MAX = 256 * 1024 * 1024;

/** The whole wanted state, and again at every change; ends, or throws, when the registry does. */
export async function* watchWantedStates(
  registry: Client<typeof RegistryService>,
  signal: AbortSignal,
): AsyncIterable<WantedState> {
  for await (const { state } of registry.watch({}, { signal })) {
    if (state) yield state;
  }
}

/** An artefact whole, in memory. Throws ARTIFACT_CORRUPT when its bytes are others than the name says, or too many. */
export async function downloadArtefact(
  registry: Client<typeof RegistryService>,
  sha256: string,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const [chunks, hash] = [[] as Uint8Array[], createHash('sha256')];
  let size = 0;
  for await (const { chunk } of registry.downloadArtifact({ sha256 }, { signal })) {
    size += chunk.length;
    if (size > ARTEFACT_BYTES_MAX)
      throw new Problem('ARTIFACT_CORRUPT', `${sha256} passes ${ARTEFACT_BYTES_MAX} bytes`);
    hash.update(chunk);
    chunks.push(chunk);
  }
  if (hash.digest('hex') !== sha256) {
    throw new Problem('ARTIFACT_CORRUPT', `The registry sent other bytes than those of ${sha256}`);
  }
  return Buffer.concat(chunks);
}

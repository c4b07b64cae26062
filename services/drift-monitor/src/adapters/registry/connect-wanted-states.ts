import { createHash } from 'node:crypto';
import { Code, ConnectError, createClient } from '@connectrpc/connect';
import { createGrpcTransport } from '@connectrpc/connect-node';
import { RegistryService, type ModelVersion, type WantedState } from '@vinaigrette/contracts/registry';
import { showKey } from '@vinaigrette/edge/connect';
import { Problem } from '@vinaigrette/problems';
import { WantedStates } from '../../wanted-states.js';

/** A registry that says nothing for so long is asked whether it is there. */
const PING_INTERVAL_MS = 10_000;
/** For a question with a short answer. */
const ASK_TIMEOUT_MS = 5_000;
/** A baseline of a thousand features has less. */
const ARTEFACT_BYTES_MAX = 256 * 1024 * 1024;

/** The registry over gRPC. */
export class ConnectWantedStates extends WantedStates {
  private readonly client;

  /** `address`: host:port. `key`: what the registry asks for; undefined: nothing. */
  constructor(address: string, key?: string) {
    super();
    const transport = createGrpcTransport({
      baseUrl: `http://${address}`,
      pingIntervalMs: PING_INTERVAL_MS,
      interceptors: [showKey(key)],
    });
    this.client = createClient(RegistryService, transport);
  }

  async *watch(signal: AbortSignal): AsyncIterable<WantedState> {
    for await (const { state } of this.client.watch({}, { signal })) {
      if (state) yield state;
    }
  }

  async version(model: string, version: number, signal: AbortSignal): Promise<ModelVersion | undefined> {
    try {
      const request = { model, version: String(version) };
      const { modelVersion } = await this.client.getModelVersion(request, { signal, timeoutMs: ASK_TIMEOUT_MS });
      return modelVersion;
    } catch (error) {
      if (ConnectError.from(error).code === Code.NotFound) return undefined;
      throw error;
    }
  }

  async download(sha256: string, signal: AbortSignal): Promise<Uint8Array> {
    const [chunks, hash] = [[] as Uint8Array[], createHash('sha256')];
    let size = 0;
    for await (const { chunk } of this.client.downloadArtifact({ sha256 }, { signal })) {
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
}

import { createHash } from 'node:crypto';
import { createClient } from '@connectrpc/connect';
import { createGrpcTransport } from '@connectrpc/connect-node';
import { RegistryService, type WantedState } from '@vinaigrette/contracts/registry';
import { showKey } from '@vinaigrette/edge/connect';
import { Problem } from '@vinaigrette/problems';
import { WantedStates } from '../../wanted-states.js';

/** A registry that says nothing for this long, in milliseconds, is asked whether it is there. */
const PING_INTERVAL_MS = 10_000;

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

  async download(sha256: string, signal: AbortSignal): Promise<Uint8Array> {
    const chunks: Uint8Array[] = [];
    for await (const { chunk } of this.client.downloadArtifact({ sha256 }, { signal })) chunks.push(chunk);
    const bytes = Buffer.concat(chunks);
    if (createHash('sha256').update(bytes).digest('hex') !== sha256) {
      throw new Problem('ARTIFACT_CORRUPT', `The registry sent other bytes than those of ${sha256}`);
    }
    return bytes;
  }
}

import { createClient, type Transport } from '@connectrpc/connect';
import { RegistryService, type WantedState } from '@vinaigrette/contracts/registry';
import { downloadArtefact, watchWantedStates } from '@vinaigrette/edge/registry';
import { WantedStates } from '../../wanted-states.js';

/** The registry over gRPC. */
export class ConnectWantedStates extends WantedStates {
  private readonly client;

  constructor(registry: Transport) {
    super();
    this.client = createClient(RegistryService, registry);
  }

  watch(signal: AbortSignal): AsyncIterable<WantedState> {
    return watchWantedStates(this.client, signal);
  }

  download(sha256: string, signal: AbortSignal): Promise<Uint8Array> {
    return downloadArtefact(this.client, sha256, signal);
  }
}

import { Code, ConnectError, createClient, type Transport } from '@connectrpc/connect';
import { RegistryService, type ModelVersion, type WantedState } from '@vinaigrette/contracts/registry';
import { downloadArtefact, watchWantedStates } from '@vinaigrette/edge/registry';
import { WantedStates } from '../../wanted-states.js';

/** For a question with a short answer. */
const ASK_TIMEOUT_MS = 5_000;

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

  download(sha256: string, signal: AbortSignal): Promise<Uint8Array> {
    return downloadArtefact(this.client, sha256, signal);
  }
}

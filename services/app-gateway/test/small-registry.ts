import { createHash } from 'node:crypto';
import { createServer, type Http2Server, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { create } from '@bufbuild/protobuf';
import { connectNodeAdapter } from '@connectrpc/connect-node';
import { ConnectError, Code } from '@connectrpc/connect';
import {
  RegistryService,
  WantedStateSchema,
  type ReportRolloutCountsRequest,
  type ReportVerdictRequest,
  type Rollout,
  type WantedDocument,
  type WantedModel,
  type WantedState,
} from '@vinaigrette/contracts/registry';

export interface Wanted {
  models: WantedModel[];
  documents: WantedDocument[];
  rollouts?: Rollout[];
}

/** The registry's Watch and DownloadArtifact over real gRPC, and an ear for what gateways report of rollouts. */
export class SmallRegistry {
  /** The last counts of each rollout, and every verdict. */
  readonly counts = new Map<string, ReportRolloutCountsRequest>();
  readonly verdicts: ReportVerdictRequest[] = [];
  private readonly artefacts = new Map<string, Uint8Array>();
  private readonly sessions = new Set<ServerHttp2Session>();
  private readonly watchers = new Set<() => void>();
  private state: WantedState = create(WantedStateSchema);
  private server: Http2Server | undefined;

  /** Answers with the SHA-256 the bytes can be had under. */
  keep(bytes: Uint8Array, sha256 = createHash('sha256').update(bytes).digest('hex')): string {
    this.artefacts.set(sha256, bytes);
    return sha256;
  }

  /** Sends every watcher the new state, under the next revision. */
  want(state: Wanted): void {
    this.state = create(WantedStateSchema, { ...state, revision: this.state.revision + 1n });
    wakeAll(this.watchers);
  }

  async listen(port = 0): Promise<number> {
    const { state, artefacts, watchers, counts, verdicts } = this.lookups();
    const handler = connectNodeAdapter({
      routes: ({ service }) =>
        service(RegistryService, {
          async *watch(_request, { signal }) {
            signal.addEventListener('abort', () => wakeAll(watchers), { once: true });
            for (let sent = -1n; !signal.aborted;) {
              if (state().revision !== sent) {
                sent = state().revision;
                yield { state: state() };
              } else {
                await new Promise<void>((resolve) => watchers.add(resolve));
              }
            }
          },
          async *downloadArtifact({ sha256 }) {
            const bytes = artefacts.get(sha256);
            if (!bytes) throw new ConnectError('no such artefact', Code.NotFound);
            yield { chunk: bytes.subarray(0, 10) };
            yield { chunk: bytes.subarray(10) };
          },
          reportRolloutCounts(report) {
            counts.set(report.rolloutId, report);
            return {};
          },
          reportVerdict(report) {
            verdicts.push(report);
            return {};
          },
        }),
    });
    const server = createServer(handler);
    server.on('session', (session) => {
      this.sessions.add(session);
      session.on('close', () => this.sessions.delete(session));
    });
    this.server = server;
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  }

  /** Goes away, as a killed process does. */
  async close(): Promise<void> {
    for (const session of this.sessions) session.destroy();
    wakeAll(this.watchers);
    const { server } = this;
    this.server = undefined;
    if (server) await new Promise((resolve) => server.close(resolve));
  }

  private lookups() {
    const { artefacts, watchers, counts, verdicts } = this;
    return { state: () => this.state, artefacts, watchers, counts, verdicts };
  }
}

/** Each looks by itself whether there is anything new, and waits again if not. */
function wakeAll(watchers: Set<() => void>): void {
  for (const wake of watchers) wake();
  watchers.clear();
}

import { createHash } from 'node:crypto';
import { createServer, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { create } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import { connectNodeAdapter } from '@connectrpc/connect-node';
import { ModelVersionSchema, RegistryService, type ModelVersion } from '@vinaigrette/contracts/registry';
import { schemaId, signature } from './shop.js';

/** The registry's contract over real gRPC, with versions set by hand: no service may import another, not even to test. */
export class RegistryStandIn {
  private readonly files = new Map<string, Uint8Array>();
  private readonly versions = new Map<number, ModelVersion>();
  private readonly sessions = new Set<ServerHttp2Session>();
  private wanted: number[] = [];
  private changed = () => {};
  private change = this.nextChange();
  /** Streams of the wanted state that are open. */
  watching = 0;
  /** Downloads send these bytes instead, as a broken disk would. */
  corrupt: Uint8Array | undefined;

  private readonly server = createServer(
    connectNodeAdapter({
      routes: (router) =>
        router.service(RegistryService, {
          watch: (_, { signal }) => this.states(signal),
          getModelVersion: ({ version }) => ({ modelVersion: this.versionOf(Number(version)) }),
          downloadArtifact: ({ sha256 }) => this.chunks(sha256),
        }),
    }),
  ).on('session', (session) => this.sessions.add(session));

  constructor(private readonly model = 'basket') {}

  /** Answers host:port. */
  async listen(port = 0): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(port, '127.0.0.1', resolve));
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    for (const session of this.sessions) session.destroy();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  /** Registers a version of the model; an alias names it when it is wanted. */
  register(version: number, baselineJson: string | undefined, wanted = true): void {
    const files = [];
    if (baselineJson !== undefined) {
      const bytes = Buffer.from(baselineJson);
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      this.files.set(sha256, bytes);
      files.push({ path: 'baseline.json', sha256, sizeBytes: BigInt(bytes.length) });
    }
    const fields = { model: this.model, version, files, signatureJson: JSON.stringify(signature), schemaId };
    this.versions.set(version, create(ModelVersionSchema, { ...fields, hasBaseline: files.length > 0 }));
    if (wanted) this.want([...this.wanted, version]);
  }

  want(versions: number[]): void {
    this.wanted = versions;
    const told = this.changed;
    this.change = this.nextChange();
    told();
  }

  private nextChange(): Promise<void> {
    return new Promise((resolve) => (this.changed = resolve));
  }

  private async *states(signal: AbortSignal) {
    const gone = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    this.watching += 1;
    signal.addEventListener('abort', () => (this.watching -= 1), { once: true });
    for (let revision = 1n; !signal.aborted; revision++) {
      const next = this.change;
      const versions = this.wanted.map((version) => this.versionOf(version));
      yield { state: { revision, models: [{ name: this.model, aliases: {}, versions }], documents: [] } };
      await Promise.race([next, gone]);
    }
  }

  private versionOf(version: number): ModelVersion {
    const found = this.versions.get(version);
    if (!found) throw new ConnectError(`${this.model} has no version ${version}`, Code.NotFound);
    return found;
  }

  private async *chunks(sha256: string) {
    const bytes = this.corrupt ?? this.files.get(sha256);
    if (!bytes) throw new ConnectError(`There is no ${sha256}`, Code.NotFound);
    for (let at = 0; at < bytes.length; at += 10_000) yield { chunk: bytes.subarray(at, at + 10_000) };
  }
}

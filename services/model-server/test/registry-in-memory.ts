import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Http2Server, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { create } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import { connectNodeAdapter } from '@connectrpc/connect-node';
import { RegistryService, WantedStateSchema, type WantedState } from '@vinaigrette/contracts/registry';
import { readSignature } from '@vinaigrette/signature';
import type { Files } from './running-server.js';

/** The registry's service over real gRPC, with its state in memory: what a model server calls, and nothing else. */
export class RegistryInMemory {
  private readonly artefacts = new Map<string, Uint8Array>();
  private readonly versions = new Map<number, { files: { path: string; sha256: string }[]; signatureJson: string }>();
  private aliases: Record<string, number> = {};
  private listed: readonly number[] = [];
  private revision = 0;
  private readonly changed = new Set<() => void>();
  private readonly sessions = new Set<ServerHttp2Session>();
  private server: Http2Server | undefined;
  port = 0;

  /** Adds a version of the model `adder`. */
  async register(number: number, files: Files): Promise<void> {
    const named = Object.entries(files).map(([path, body]) => {
      const bytes =
        body instanceof Uint8Array ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      this.artefacts.set(sha256, bytes);
      return { path, sha256 };
    });
    const signatureJson = JSON.stringify(readSignature(files['model.onnx'] as Uint8Array));
    this.versions.set(number, { files: named, signatureJson });
  }

  /** Bytes that are not what their name says, as a broken disk gives them. */
  corrupt(number: number, bytes: Uint8Array): void {
    for (const { sha256 } of this.versions.get(number)?.files ?? []) this.artefacts.set(sha256, bytes);
  }

  /** `others`: versions to be served although no alias points to them. */
  want(aliases: Record<string, number>, others: readonly number[] = []): void {
    this.aliases = aliases;
    this.listed = others;
    this.revision++;
    for (const tell of this.changed) tell();
  }

  async start(): Promise<void> {
    const handler = connectNodeAdapter({
      routes: (router) => {
        router.service(RegistryService, {
          watch: (_request, context) => this.watch(context.signal),
          downloadArtifact: ({ sha256 }) => this.download(sha256),
        });
      },
    });
    const server = createServer(handler);
    server.on('session', (session) => {
      this.sessions.add(session);
      session.on('close', () => this.sessions.delete(session));
    });
    server.listen(this.port, '127.0.0.1');
    await once(server, 'listening');
    this.port = (server.address() as AddressInfo).port;
    this.server = server;
  }

  /** Goes away as a killed process does; `start()` brings it back on the same port. */
  async stop(): Promise<void> {
    const server = this.server;
    if (!server) return;
    this.server = undefined;
    const closed = once(server, 'close');
    server.close();
    for (const session of this.sessions) session.destroy();
    await closed;
  }

  private async *watch(signal: AbortSignal) {
    while (!signal.aborted) {
      const change = new Promise<void>((tell) => {
        this.changed.add(tell);
        signal.addEventListener('abort', () => tell());
      });
      yield { state: this.state() };
      await change;
    }
  }

  private state(): WantedState {
    const numbers = [...new Set([...Object.values(this.aliases), ...this.listed])];
    const versions = numbers.flatMap((version) => {
      const found = this.versions.get(version);
      return found ? [{ model: 'adder', version, ...found }] : [];
    });
    return create(WantedStateSchema, {
      revision: BigInt(this.revision),
      models: [{ name: 'adder', aliases: this.aliases, versions }],
    });
  }

  private async *download(sha256: string) {
    const bytes = this.artefacts.get(sha256);
    if (!bytes) throw new ConnectError(`no artefact ${sha256}`, Code.NotFound);
    for (let at = 0; at < bytes.length; at += 50) yield { chunk: bytes.slice(at, at + 50) };
  }
}

import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { Client, connectivityState, credentials, Metadata, status, type ServiceError } from '@grpc/grpc-js';
import { grpcChannelOptions, grpcServiceDefinition } from '@vinaigrette/contracts/grpc';
import { GRPCInferenceService } from '@vinaigrette/contracts/inference';
import type { ClientTls } from '@vinaigrette/edge';
import type { ProblemCode } from '@vinaigrette/problems';
import type { ModelAnswer, NoAnswer } from '../../domain/model-answer.js';
import { decodeResponse } from './infer-messages.js';

/** A server that comes back is found again within a second, and one that hangs is noticed. */
const channelOptions = {
  ...grpcChannelOptions,
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 1_000,
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 2_000,
  'grpc.service_config_disable_resolution': 1,
};

/** Between two looks at the addresses of a name, in milliseconds. */
const LOOK_UP_MS = 1_000;

/** How long a connection stays open that nobody is sent to any more, in milliseconds: longer than any budget. */
const LINGER_MS = 60_000;

/** The addresses of a name. Rejects when it has none now. */
export type LookUp = (host: string) => Promise<readonly string[]>;

const systemLookUp: LookUp = async (host) => (await lookup(host, { all: true })).map(({ address }) => address);

const reasons: Partial<Record<status, NoAnswer>> = {
  [status.DEADLINE_EXCEEDED]: 'timeout',
  [status.UNAVAILABLE]: 'unavailable',
  [status.CANCELLED]: 'unavailable', // not by us: the server went away with the call
  [status.RESOURCE_EXHAUSTED]: 'unavailable',
  [status.NOT_FOUND]: 'not-ready',
  [status.INVALID_ARGUMENT]: 'refused',
};

/** What another server may answer even so. */
const elsewherePerhaps: ReadonlySet<NoAnswer> = new Set(['unavailable', 'not-ready']);

const asItIs = (bytes: Buffer): Buffer => bytes;

/**
 * The model servers, each asked in turn; what one does not take another one is asked, as long as there is time. A name
 * stands for all its addresses, as a headless service does: it is looked up again and again, since grpc-js would only
 * do so once a connection breaks, and so never find a replica that was added.
 */
export class ModelServers {
  private readonly path = grpcServiceDefinition(GRPCInferenceService)['ModelInfer']!.path;
  /** By host:port of the configuration, then by IP address. */
  private readonly servers = new Map<string, ReadonlyMap<string, Client>>();
  private inTurn: readonly Client[] = [];
  private turn = 0;
  private readonly lookingUp: NodeJS.Timeout[] = [];
  /** Until every name was looked up once. */
  private readonly firstLooks: Promise<void>[] = [];
  private closed = false;

  /** `addresses`: host:port each; a host may be a name with several addresses. `tls`: undefined: clear text. */
  constructor(
    addresses: readonly string[],
    private readonly tls?: ClientTls,
    private readonly lookUp: LookUp = systemLookUp,
  ) {
    for (const address of addresses) {
      const { host } = partsOf(address);
      if (isIP(host)) this.use(address, [host]);
      else this.follow(address, host);
    }
  }

  /** `deadlineMs`: on the clock of performance.now(). A prediction changes nothing, so it may be asked again. */
  async infer(request: Buffer, deadlineMs: number, metadata = new Metadata()): Promise<ModelAnswer> {
    if (this.inTurn.length === 0) await Promise.all(this.firstLooks);
    const untried = new Set(this.inTurn);
    for (;;) {
      const server = this.next(untried);
      if (!server) return { ok: false, reason: 'unavailable', why: 'the name of the model server has no address' };
      untried.delete(server);
      const answer = await this.call(server, request, deadlineMs, metadata);
      const elsewhere = !answer.ok && elsewherePerhaps.has(answer.reason) && untried.size > 0;
      if (!elsewhere || performance.now() >= deadlineMs) return answer;
    }
  }

  close(): void {
    this.closed = true;
    for (const timer of this.lookingUp) clearInterval(timer);
    for (const server of this.inTurn) server.close();
  }

  private follow(address: string, host: string): void {
    let asking = false;
    const look = async () => {
      if (asking) return;
      asking = true;
      const found = await this.lookUp(host).catch(() => []);
      asking = false;
      if (found.length > 0 && !this.closed) this.use(address, found); // else those it had last: a resolver may be away too
    };
    this.firstLooks.push(look());
    this.lookingUp.push(setInterval(() => void look(), LOOK_UP_MS).unref());
  }

  /** From now on the servers of this address are these; calls to others that are under way still end. */
  private use(address: string, ips: readonly string[]): void {
    const before = this.servers.get(address) ?? new Map<string, Client>();
    const now = new Map([...ips].sort().map((ip) => [ip, before.get(ip) ?? this.connect(address, ip)]));
    this.servers.set(address, now);
    this.inTurn = [...this.servers.values()].flatMap((servers) => [...servers.values()]);
    for (const [ip, server] of before) if (!now.has(ip)) setTimeout(() => server.close(), LINGER_MS).unref();
  }

  private connect(address: string, ip: string): Client {
    const { tls } = this;
    const { host, port } = partsOf(address);
    const shown = tls ? credentials.createSsl(tls.ca, tls.key, tls.cert) : credentials.createInsecure();
    const named = isIP(host) ? {} : { 'grpc.ssl_target_name_override': host, 'grpc.default_authority': address };
    const server = new Client(isIP(ip) === 6 ? `[${ip}]:${port}` : `${ip}:${port}`, shown, {
      ...channelOptions,
      ...named,
    });
    server.getChannel().getConnectivityState(true); // connects now, not in a budget
    return server;
  }

  /** The next in turn that is connected; when none is, the next in turn, which then connects. */
  private next(untried: ReadonlySet<Client>): Client | undefined {
    this.turn = (this.turn + 1) % Math.max(1, this.inTurn.length);
    const inTurn = [...this.inTurn.slice(this.turn), ...this.inTurn.slice(0, this.turn)].filter((it) =>
      untried.has(it),
    );
    const ready = (server: Client) => server.getChannel().getConnectivityState(true) === connectivityState.READY;
    return inTurn.find(ready) ?? inTurn[0];
  }

  private call(server: Client, request: Buffer, deadlineMs: number, metadata: Metadata): Promise<ModelAnswer> {
    return new Promise((resolve) => {
      const answered = (error: ServiceError | null, response?: Buffer) =>
        resolve(error ? noAnswer(error) : decodeResponse(response as Buffer));
      const options = { deadline: Date.now() + Math.max(0, deadlineMs - performance.now()) };
      server.makeUnaryRequest(this.path, asItIs, asItIs, request, metadata, options, answered);
    });
  }
}

function partsOf(address: string): { host: string; port: string } {
  const [, host = '', port = ''] = /^\[?(.*?)\]?:(\d+)$/.exec(address) ?? [];
  return { host, port };
}

/** What our model server adds to UNAVAILABLE while it loads the version. */
const LOADING: ProblemCode = 'MODEL_NOT_READY';

/** How grpc-js tells that a stream ended without an answer. */
const BROKEN_OFF = /RST_STREAM|Connection dropped/;

function noAnswer({ code, details, metadata }: ServiceError): ModelAnswer {
  if (metadata.get('problem-code')[0] === LOADING) return { ok: false, reason: 'not-ready', why: details };
  const reason = BROKEN_OFF.test(details) ? 'unavailable' : (reasons[code] ?? 'failed');
  return { ok: false, reason, why: details };
}

import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { GRPCInferenceService } from '@vinaigrette/contracts/inference';
import type { ClientTls } from '@vinaigrette/edge';
import type { ProblemCode } from '@vinaigrette/problems';
import type { ModelAnswer, NoAnswer } from '../../domain/model-answer.js';
import { decodeResponse } from './infer-messages.js';
import { STATUS, type Reply } from './unary-call.js';
import { UnaryConnection } from './unary-connection.js';

const PATH = `/${GRPCInferenceService.typeName}/ModelInfer`;

/** Between two looks at the addresses of a name, in milliseconds. */
const LOOK_UP_MS = 1_000;

/** How long a connection stays open that nobody is sent to any more, in milliseconds: longer than any budget. */
const LINGER_MS = 60_000;

/** The addresses of a name. Rejects when it has none now. */
export type LookUp = (host: string) => Promise<readonly string[]>;

const systemLookUp: LookUp = async (host) => (await lookup(host, { all: true })).map(({ address }) => address);

const reasons: Readonly<Record<number, NoAnswer>> = {
  [STATUS.deadlineExceeded]: 'timeout',
  [STATUS.unavailable]: 'unavailable',
  [STATUS.cancelled]: 'unavailable', // not by us: the server went away with the call
  [STATUS.resourceExhausted]: 'unavailable',
  [STATUS.notFound]: 'not-ready',
  [STATUS.invalidArgument]: 'refused',
};

/** What another server may answer even so. */
const elsewherePerhaps: ReadonlySet<NoAnswer> = new Set(['unavailable', 'not-ready']);

/**
 * The model servers, each asked in turn; what one does not take another one is asked, as long as there is time. A name
 * stands for all its addresses, as a headless service does: it is looked up again and again, since a replica that is
 * added breaks no connection.
 */
export class ModelServers {
  /** By host:port of the configuration, then by IP address. */
  private readonly servers = new Map<string, ReadonlyMap<string, UnaryConnection>>();
  private inTurn: readonly UnaryConnection[] = [];
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
  async infer(
    request: Buffer,
    deadlineMs: number,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<ModelAnswer> {
    if (this.inTurn.length === 0) await Promise.all(this.firstLooks);
    const tried = new Set<UnaryConnection>();
    for (;;) {
      const server = this.next(tried);
      if (!server) return { ok: false, reason: 'unavailable', why: 'the name of the model server has no address' };
      tried.add(server);
      const answer = answerOf(await server.call(PATH, headers, request, deadlineMs));
      const elsewhere = !answer.ok && elsewherePerhaps.has(answer.reason) && tried.size < this.inTurn.length;
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
    const before = this.servers.get(address) ?? new Map<string, UnaryConnection>();
    const now = new Map([...ips].sort().map((ip) => [ip, before.get(ip) ?? this.connect(address, ip)]));
    this.servers.set(address, now);
    this.inTurn = [...this.servers.values()].flatMap((servers) => [...servers.values()]);
    for (const [ip, server] of before) if (!now.has(ip)) setTimeout(() => server.close(), LINGER_MS).unref();
  }

  private connect(address: string, ip: string): UnaryConnection {
    const { host, port } = partsOf(address);
    const name = isIP(host) ? undefined : host;
    return new UnaryConnection({ ip, port: Number(port), authority: address, name, tls: this.tls });
  }

  /** The next in turn that is connected; when none is, the next in turn. */
  private next(tried: ReadonlySet<UnaryConnection>): UnaryConnection | undefined {
    const { inTurn } = this;
    this.turn = (this.turn + 1) % Math.max(1, inTurn.length);
    let first: UnaryConnection | undefined;
    for (let at = 0; at < inTurn.length; at++) {
      const server = inTurn[(this.turn + at) % inTurn.length] as UnaryConnection;
      if (tried.has(server)) continue;
      if (server.isReady) return server;
      first ??= server;
    }
    return first;
  }
}

function partsOf(address: string): { host: string; port: string } {
  const [, host = '', port = ''] = /^\[?(.*?)\]?:(\d+)$/.exec(address) ?? [];
  return { host, port };
}

/** What our model server adds to UNAVAILABLE while it loads the version. */
const LOADING: ProblemCode = 'MODEL_NOT_READY';

function answerOf(reply: Reply): ModelAnswer {
  if ('message' in reply) return decodeResponse(reply.message);
  const { code, details: why, headers } = reply;
  if (headers['problem-code'] === LOADING) return { ok: false, reason: 'not-ready', why };
  return { ok: false, reason: reasons[code] ?? 'failed', why };
}

import { Client, connectivityState, credentials, status, type Metadata, type ServiceError } from '@grpc/grpc-js';
import { grpcChannelOptions, grpcServiceDefinition } from '@vinaigrette/contracts/grpc';
import { GRPCInferenceService } from '@vinaigrette/contracts/inference';
import type { ClientTls } from '@vinaigrette/edge';
import type { ProblemCode } from '@vinaigrette/problems';
import type { ModelAnswer, NoAnswer } from '../../domain/model-answer.js';
import { decodeResponse } from './infer-messages.js';

/**
 * A server that comes back is found again within a second, and one that hangs is noticed. Of a name that stands for
 * several servers each gets its turn.
 */
const channelOptions = {
  ...grpcChannelOptions,
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 1_000,
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 2_000,
  'grpc.dns_min_time_between_resolutions_ms': 1_000,
  'grpc.service_config_disable_resolution': 1,
  'grpc.service_config': JSON.stringify({ loadBalancingConfig: [{ round_robin: {} }] }),
};

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

/** The model servers, each asked in turn; what one does not take another one is asked, as long as there is time. */
export class ModelServers {
  private readonly path = grpcServiceDefinition(GRPCInferenceService)['ModelInfer']!.path;
  private readonly servers: Client[];
  private turn = 0;

  /** `addresses`: host:port each; a host may be a name with several addresses. */
  constructor(addresses: readonly string[], tls?: ClientTls) {
    const shown = tls ? credentials.createSsl(tls.ca, tls.key, tls.cert) : credentials.createInsecure();
    this.servers = addresses.map((address) => new Client(address, shown, channelOptions));
    for (const server of this.servers) server.getChannel().getConnectivityState(true); // connects now, not in a budget
  }

  /** `deadlineMs`: on the clock of performance.now(). A prediction changes nothing, so it may be asked again. */
  async infer(request: Buffer, deadlineMs: number, metadata: Metadata): Promise<ModelAnswer> {
    const untried = new Set(this.servers);
    for (;;) {
      const server = this.next(untried);
      untried.delete(server);
      const answer = await this.call(server, request, deadlineMs, metadata);
      const elsewhere = !answer.ok && elsewherePerhaps.has(answer.reason) && untried.size > 0;
      if (!elsewhere || performance.now() >= deadlineMs) return answer;
    }
  }

  close(): void {
    for (const server of this.servers) server.close();
  }

  /** The next in turn that is connected; when none is, the next in turn, which then connects. */
  private next(untried: ReadonlySet<Client>): Client {
    this.turn = (this.turn + 1) % this.servers.length;
    const inTurn = [...this.servers.slice(this.turn), ...this.servers.slice(0, this.turn)].filter((it) =>
      untried.has(it),
    );
    const ready = (server: Client) => server.getChannel().getConnectivityState(true) === connectivityState.READY;
    return inTurn.find(ready) ?? (inTurn[0] as Client);
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

/** What our model server adds to UNAVAILABLE while it loads the version. */
const LOADING: ProblemCode = 'MODEL_NOT_READY';

/** How grpc-js tells that a stream ended without an answer. */
const BROKEN_OFF = /RST_STREAM|Connection dropped/;

function noAnswer({ code, details, metadata }: ServiceError): ModelAnswer {
  if (metadata.get('problem-code')[0] === LOADING) return { ok: false, reason: 'not-ready', why: details };
  const reason = BROKEN_OFF.test(details) ? 'unavailable' : (reasons[code] ?? 'failed');
  return { ok: false, reason, why: details };
}

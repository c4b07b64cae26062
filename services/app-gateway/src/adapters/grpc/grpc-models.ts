import { admit, afterCall, closed, type Breaker, type BreakerPolicy } from '../../domain/breaker.js';
import type { ModelAnswer } from '../../domain/model-answer.js';
import type { ClientTls } from '@vinaigrette/edge';
import { Models, type ModelQuestion } from '../../models.js';
import { Coalescer } from './coalescer.js';
import { encodeRequest } from './infer-messages.js';
import { ModelServers } from './model-servers.js';
import { traced } from './traced.js';

/** Five questions in a row without an answer, and the version is left alone for a second. */
const BREAKER_POLICY: BreakerPolicy = { failuresMax: 5, openMs: 1_000 };

/** Versions asked lately; of an older one circuit and proof are forgotten, since versions come and go for ever. */
const VERSIONS_MAX = 256;

interface Asked {
  breaker: Breaker;
  coalescer: Coalescer;
}

/** The model servers over gRPC: one circuit breaker a version, questions that come together in one call. */
export class GrpcModels extends Models {
  private readonly servers: ModelServers;
  private readonly asked = new Map<string, Asked>();

  /** `addresses`: host:port each. `tls`: undefined: clear text. */
  constructor(addresses: readonly string[], tls?: ClientTls) {
    super();
    this.servers = new ModelServers(addresses, tls);
  }

  async ask({ model, version, inputs, deadlineMs }: ModelQuestion): Promise<ModelAnswer> {
    const asked = this.of(model, version);
    const { admitted, breaker } = admit(asked.breaker, performance.now());
    asked.breaker = breaker;
    if (!admitted) return { ok: false, reason: 'circuit-open', why: 'it lately did not answer' };
    const answer = await asked.coalescer.ask(inputs, deadlineMs);
    // A refusal is an answer too: the server is there. Only silence opens the circuit.
    const heard = answer.ok || answer.reason === 'refused' || answer.reason === 'not-ready';
    asked.breaker = afterCall(asked.breaker, heard, performance.now(), BREAKER_POLICY);
    return answer;
  }

  *circuits(): Iterable<readonly [model: string, version: string, phase: Breaker['phase']]> {
    for (const [key, { breaker }] of this.asked) {
      const [model = '', version = ''] = key.split('/');
      yield [model, version, breaker.phase];
    }
  }

  close(): void {
    this.servers.close();
  }

  private of(model: string, version: string): Asked {
    const key = `${model}/${version}`;
    const known = this.asked.get(key);
    if (known) return known;
    const coalescer = new Coalescer((inputs, deadlineMs, askers) =>
      traced(model, version, askers, (headers) =>
        this.servers.infer(encodeRequest(model, version, inputs), deadlineMs, headers),
      ),
    );
    const asked: Asked = { breaker: closed, coalescer };
    this.asked.set(key, asked);
    const [oldest] = this.asked.keys();
    if (this.asked.size > VERSIONS_MAX) this.asked.delete(oldest as string);
    return asked;
  }
}

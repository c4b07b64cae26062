import { create } from '@bufbuild/protobuf';
import { Client, credentials, status, type ServiceError } from '@grpc/grpc-js';
import { grpcChannelOptions, grpcServiceDefinition } from '@vinaigrette/contracts/grpc';
import {
  GRPCInferenceService,
  ModelInferRequestSchema,
  type ModelInferRequest,
  type ModelInferResponse,
} from '@vinaigrette/contracts/inference';
import { decodeRaw, decodeTyped, encodeRaw, type Datatype, type Tensor } from '@vinaigrette/signature';
import { admit, afterCall, closed, type Breaker, type BreakerPolicy } from '../../domain/breaker.js';
import type { ModelAnswer, NoAnswer } from '../../domain/model-answer.js';
import { Models, type ModelQuestion } from '../../models.js';

/** Five calls in a row without an answer, and the model is left alone for a second. */
const BREAKER_POLICY: BreakerPolicy = { failuresMax: 5, openMs: 1_000 };

/** A server that comes back is found again within a second, and one that hangs is noticed. */
const channelOptions = {
  ...grpcChannelOptions,
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 1_000,
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 2_000,
};

const reasons: Partial<Record<status, NoAnswer>> = {
  [status.DEADLINE_EXCEEDED]: 'timeout',
  [status.UNAVAILABLE]: 'unavailable',
  [status.RESOURCE_EXHAUSTED]: 'unavailable',
  [status.NOT_FOUND]: 'not-ready',
  [status.INVALID_ARGUMENT]: 'refused',
};

/** The model server over gRPC, one circuit breaker a model. */
export class GrpcModels extends Models {
  private readonly client: Client;
  private readonly infer = grpcServiceDefinition(GRPCInferenceService)['ModelInfer']!;
  private readonly breakers = new Map<string, Breaker>();

  /** `address`: host:port. */
  constructor(address: string) {
    super();
    this.client = new Client(address, credentials.createInsecure(), channelOptions);
    this.client.getChannel().getConnectivityState(true); // connects now, not in the budget of the first question
  }

  async ask({ model, alias, inputs, budgetMs }: ModelQuestion): Promise<ModelAnswer> {
    const { admitted, breaker } = admit(this.breaker(model), performance.now());
    this.breakers.set(model, breaker);
    if (!admitted) return { ok: false, reason: 'circuit-open', why: 'it lately did not answer' };
    const answer = await this.call(inferRequest(model, alias, inputs), budgetMs);
    // A refusal is an answer too: the server is there. Only silence opens the circuit.
    const heard = answer.ok || answer.reason === 'refused' || answer.reason === 'not-ready';
    this.breakers.set(model, afterCall(this.breaker(model), heard, performance.now(), BREAKER_POLICY));
    return answer;
  }

  *circuits(): Iterable<readonly [string, Breaker['phase']]> {
    for (const [model, { phase }] of this.breakers) yield [model, phase];
  }

  close(): void {
    this.client.close();
  }

  private breaker(model: string): Breaker {
    return this.breakers.get(model) ?? closed;
  }

  private call(request: ModelInferRequest, budgetMs: number): Promise<ModelAnswer> {
    const { path, requestSerialize, responseDeserialize } = this.infer;
    return new Promise((resolve) => {
      const answered = (error: ServiceError | null, response?: unknown) =>
        resolve(error ? noAnswer(error) : answerOf(response as ModelInferResponse));
      const options = { deadline: Date.now() + budgetMs };
      this.client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, options, answered);
    });
  }
}

function inferRequest(model: string, alias: string, inputs: Readonly<Record<string, Tensor>>): ModelInferRequest {
  const tensors = Object.entries(inputs);
  return create(ModelInferRequestSchema, {
    modelName: model,
    modelVersion: alias,
    inputs: tensors.map(([name, { datatype, shape }]) => ({ name, datatype, shape: shape.map(BigInt) })),
    rawInputContents: tensors.map(([, tensor]) => encodeRaw(tensor)),
  });
}

function noAnswer({ code, details }: ServiceError): ModelAnswer {
  return { ok: false, reason: reasons[code] ?? 'failed', why: details };
}

/** The answer's tensors, from raw contents or, from servers that send no raw ones, from typed contents. */
function answerOf({ modelVersion, outputs, rawOutputContents }: ModelInferResponse): ModelAnswer {
  try {
    const tensors = outputs.map(({ name, datatype, shape, contents }, index): [string, Tensor] => {
      const raw = rawOutputContents[index];
      const [type, sizes] = [datatype as Datatype, shape.map(Number)];
      if (raw) return [name, decodeRaw(type, sizes, raw, name)];
      if (contents) return [name, decodeTyped(type, sizes, contents, name)];
      throw new Error(`${name} came without its values`);
    });
    return { ok: true, version: Number(modelVersion) || 0, outputs: Object.fromEntries(tensors) };
  } catch (error) {
    return { ok: false, reason: 'failed', why: (error as Error).message };
  }
}

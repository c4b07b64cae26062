import { setTimeout as delay } from 'node:timers/promises';
import { create } from '@bufbuild/protobuf';
import { Metadata, Server, ServerCredentials, status, type sendUnaryData, type ServerUnaryCall } from '@grpc/grpc-js';
import { grpcChannelOptions, grpcServiceDefinition } from '@vinaigrette/contracts/grpc';
import {
  GRPCInferenceService,
  ModelInferResponseSchema,
  type ModelInferRequest,
  type ModelInferResponse,
} from '@vinaigrette/contracts/inference';
import { grpcStatusOf, Problem } from '@vinaigrette/problems';
import { decodeRaw, encodeRaw, type Datatype, type Tensor } from '@vinaigrette/signature';

type Tensors = Record<string, Tensor>;
export interface Answered {
  version: number;
  outputs: Tensors;
}
export type Model = (inputs: Tensors, alias: string) => Answered | Promise<Answered>;

/** ModelInfer over real gRPC in front of models that are functions. */
export class SmallModelServer {
  /** Milliseconds before each answer. */
  delayMs = 0;
  asked = 0;
  /** Of each call: the version asked, and how long the caller would wait, in milliseconds. */
  readonly patience: { version: string; ms: number }[] = [];
  private server: Server | undefined;

  constructor(private readonly models: Record<string, Model>) {}

  async listen(port = 0): Promise<number> {
    const server = new Server(grpcChannelOptions);
    server.addService(grpcServiceDefinition(GRPCInferenceService), {
      ModelInfer: (call: ServerUnaryCall<ModelInferRequest, ModelInferResponse>, answer: sendUnaryData<unknown>) => {
        const { modelVersion: version } = call.request;
        this.patience.push({ version, ms: Number(call.getDeadline()) - Date.now() });
        this.infer(call.request).then(
          (response) => answer(null, response),
          (error: Error) => answer(grpcErrorOf(error)),
        );
      },
    });
    this.server = server;
    return new Promise((resolve, reject) =>
      server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, bound) =>
        error ? reject(error) : resolve(bound),
      ),
    );
  }

  /** Goes away, as a killed process does. */
  close(): void {
    this.server?.forceShutdown();
    this.server = undefined;
  }

  /** Takes no new call, and settles when those under way are answered. */
  async drain(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    await new Promise<void>((drained) => (server ? server.tryShutdown(() => drained()) : drained()));
  }

  private async infer(request: ModelInferRequest): Promise<ModelInferResponse> {
    this.asked += 1;
    const inputs = request.inputs.map(({ name, datatype, shape }, index): [string, Tensor] => {
      const raw = request.rawInputContents[index] ?? new Uint8Array();
      return [name, decodeRaw(datatype as Datatype, shape.map(Number), raw, name)];
    });
    const model = this.models[request.modelName];
    if (!model) throw new Error(`no model ${request.modelName}`);
    const { version, outputs } = await model(Object.fromEntries(inputs), request.modelVersion);
    if (this.delayMs > 0) await delay(this.delayMs);
    return create(ModelInferResponseSchema, {
      modelName: request.modelName,
      modelVersion: String(version),
      outputs: Object.entries(outputs).map(([name, { datatype, shape }]) => ({
        name,
        datatype,
        shape: shape.map(BigInt),
      })),
      rawOutputContents: Object.values(outputs).map(encodeRaw),
    });
  }
}

/** A problem as the model server tells it; anything else refuses what was sent. */
function grpcErrorOf(error: Error) {
  const { message: details } = error;
  if (!(error instanceof Problem)) return { code: status.INVALID_ARGUMENT, details };
  const metadata = new Metadata();
  metadata.set('problem-code', error.code);
  return { code: grpcStatusOf(error.kind), details, metadata };
}

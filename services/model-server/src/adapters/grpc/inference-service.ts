import { create, fromBinary, toBinary, type DescMessage, type MessageShape } from '@bufbuild/protobuf';
import {
  type handleUnaryCall,
  type ServerUnaryCall,
  type ServiceDefinition,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { grpcServiceDefinition } from '@vinaigrette/contracts/grpc';
import {
  GRPCInferenceService,
  ModelInferRequestSchema,
  ModelInferResponseSchema,
  ModelMetadataResponseSchema,
  ModelReadyResponseSchema,
  ServerLiveResponseSchema,
  ServerMetadataResponseSchema,
  ServerReadyResponseSchema,
  type ModelMetadataRequest,
  type ModelMetadataResponse,
  type ModelReadyRequest,
  type ModelReadyResponse,
} from '@vinaigrette/contracts/inference';
import type { Logger } from '@vinaigrette/edge';
import { Problem, problemOf } from '@vinaigrette/problems';
import { checkInputs, checkOutputs } from '../../domain/check-inputs.js';
import type { Observations } from '../../observations.js';
import type { ServedVersion } from '../../served-version.js';
import type { ServeWanted } from '../../serve-wanted.js';
import { announcedInputs, inferResponse } from './infer-messages.js';
import { grpcErrorOf } from './statuses.js';

const SERVER_NAME = 'vinaigrette-model-server';
const PLATFORM = 'onnxruntime_onnx';

/** The protocol's service, with ModelInfer on bytes: its messages are read here, so that a malformed one is told. */
export const inferenceDefinition: ServiceDefinition = definitionOnBytes();

function definitionOnBytes(): ServiceDefinition {
  const definition = grpcServiceDefinition(GRPCInferenceService);
  const infer = definition['ModelInfer'];
  if (!infer) throw new Error('The contract has no ModelInfer');
  const asItIs = (bytes: Buffer): Buffer => bytes;
  return { ...definition, ModelInfer: { ...infer, requestDeserialize: asItIs, responseSerialize: asItIs } };
}

/** `inference.GRPCInferenceService` over the models served. What Triton adds to it answers UNIMPLEMENTED by itself. */
export function inferenceService(
  models: ServeWanted,
  version: string,
  observations: Observations,
  logger: Logger,
): UntypedServiceImplementation {
  const infer = async (call: ServerUnaryCall<Buffer, Buffer>): Promise<Buffer> => {
    let served: ServedVersion | undefined;
    try {
      const request = readMessage(ModelInferRequestSchema, call.request);
      served = models.find(request.modelName, request.modelVersion);
      const names = checkOutputs(
        served.signature,
        request.outputs.map(({ name }) => name),
      );
      const inputs = checkInputs(served.signature, announcedInputs(request));
      const outputs = await served.infer({ inputs, abandoned: () => isAbandoned(call) });
      return bufferOf(
        toBinary(ModelInferResponseSchema, inferResponse(request, served.version.number, names, outputs)),
      );
    } catch (error) {
      observations.failed(served?.version, problemOf(error).code);
      throw error;
    }
  };
  const metadata = ({ name, version }: ModelMetadataRequest) => {
    const { signature } = models.find(name, version);
    const bigShape = <T extends { shape: number[] }>(spec: T) => ({ ...spec, shape: spec.shape.map(BigInt) });
    return create(ModelMetadataResponseSchema, {
      name,
      versions: models.answeringVersions(name).map(String),
      platform: PLATFORM,
      inputs: signature.inputs.map(bigShape),
      outputs: signature.outputs.map(bigShape),
    });
  };
  const answer = unary(logger);
  return {
    ServerLive: answer(() => create(ServerLiveResponseSchema, { live: true })),
    ServerReady: answer(() => create(ServerReadyResponseSchema, { ready: allReady(models) })),
    ServerMetadata: answer(() => create(ServerMetadataResponseSchema, { name: SERVER_NAME, version, extensions: [] })),
    ModelReady: answer(({ request }: ServerUnaryCall<ModelReadyRequest, ModelReadyResponse>) =>
      create(ModelReadyResponseSchema, { ready: models.isReady(request.name, request.version) }),
    ),
    ModelMetadata: answer(({ request }: ServerUnaryCall<ModelMetadataRequest, ModelMetadataResponse>) =>
      metadata(request),
    ),
    ModelInfer: answer(infer),
  };
}

/** Every model that should serve, serves: stricter than `ready`, which also lets a quarantined model pass. */
const allReady = (models: ServeWanted): boolean => models.ready && models.models().every(({ ready }) => ready);

/** A handler that returns or throws, as grpc-js calls it. */
function unary(logger: Logger) {
  return <Request, Response>(
      handle: (call: ServerUnaryCall<Request, Response>) => Response | Promise<Response>,
    ): handleUnaryCall<Request, Response> =>
    (call, callback) => {
      void (async () => handle(call))().then(
        (response) => callback(null, response),
        (error: unknown) => {
          const problem = problemOf(error);
          if (problem.kind === 'internal') logger.error({ err: error }, 'call failed');
          callback(grpcErrorOf(problem));
        },
      );
    };
}

function isAbandoned(call: ServerUnaryCall<Buffer, Buffer>): boolean {
  return call.cancelled || Number(call.getDeadline()) <= Date.now();
}

function readMessage<Desc extends DescMessage>(schema: Desc, bytes: Uint8Array): MessageShape<Desc> {
  try {
    return fromBinary(schema, bytes);
  } catch (cause) {
    const text = `The ${bytes.byteLength} bytes are no ${schema.typeName}: ${(cause as Error).message}`;
    throw new Problem('MESSAGE_MALFORMED', text, { cause });
  }
}

const bufferOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

import { create } from '@bufbuild/protobuf';
import {
  type handleUnaryCall,
  type ServerErrorResponse,
  type ServerUnaryCall,
  type ServiceDefinition,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { grpcServiceDefinition } from '@vinaigrette/contracts/grpc';
import {
  GRPCInferenceService,
  ModelConfigResponseSchema,
  ModelInferRequestSchema,
  ModelMetadataResponseSchema,
  ModelReadyResponseSchema,
  ModelStatisticsResponseSchema,
  RepositoryIndexResponseSchema,
  RepositoryModelLoadResponseSchema,
  RepositoryModelUnloadResponseSchema,
  ServerLiveResponseSchema,
  ServerMetadataResponseSchema,
  ServerReadyResponseSchema,
  type ModelInferRequest,
  type ModelReadyRequest,
  type RepositoryIndexRequest,
  type RepositoryModelLoadRequest,
} from '@vinaigrette/contracts/inference';
import type { Logger } from '@vinaigrette/edge';
import { Problem, problemOf } from '@vinaigrette/problems';
import type { AnswerInference, Caller } from '../../answer-inference.js';
import type { ControlModels } from '../../control-models.js';
import type { DescribeModels } from '../protocol/describe-models.js';
import { addressOf, decodeInferRequest, encodeInferResponse } from './infer-codec.js';
import { inferResponse, questionOf } from './infer-messages.js';
import { grpcErrorOf } from './statuses.js';

/** The protocol's service, with ModelInfer on bytes: its messages are read here, so that a malformed one is told. */
export const inferenceDefinition: ServiceDefinition = definitionOnBytes();

/** MLServer's service for the repository: the same calls and messages at another address. */
export const repositoryDefinition: ServiceDefinition = Object.fromEntries(
  ['RepositoryIndex', 'RepositoryModelLoad', 'RepositoryModelUnload'].map((name) => {
    const method = inferenceDefinition[name] as ServiceDefinition[string];
    return [name, { ...method, path: `/inference.model_repository.ModelRepositoryService/${name}` }];
  }),
);

function definitionOnBytes(): ServiceDefinition {
  const definition = grpcServiceDefinition(GRPCInferenceService);
  const infer = definition['ModelInfer'];
  if (!infer) throw new Error('The contract has no ModelInfer');
  const asItIs = (bytes: Buffer): Buffer => bytes;
  return { ...definition, ModelInfer: { ...infer, requestDeserialize: asItIs, responseSerialize: asItIs } };
}

/** `inference.GRPCInferenceService` over the models served. What else Triton has answers UNIMPLEMENTED by itself. */
export function inferenceService(
  inferences: AnswerInference,
  models: DescribeModels,
  control: ControlModels,
  logger: Logger,
): UntypedServiceImplementation {
  const infer = async (call: ServerUnaryCall<Buffer, Buffer>): Promise<Buffer> =>
    bufferOf(await inferMessage(inferences, call.request, callerOf(call)));
  const answer = unary(logger);
  return {
    ServerLive: answer(() => create(ServerLiveResponseSchema, { live: true })),
    ServerReady: answer(() => create(ServerReadyResponseSchema, { ready: models.isReady() })),
    ServerMetadata: answer(() => create(ServerMetadataResponseSchema, models.server())),
    ModelReady: answer(({ request }: ServerUnaryCall<ModelReadyRequest, unknown>) =>
      create(ModelReadyResponseSchema, { ready: models.isModelReady(request.name, request.version) }),
    ),
    ModelMetadata: answer(({ request }: ServerUnaryCall<ModelReadyRequest, unknown>) =>
      create(ModelMetadataResponseSchema, models.metadata(request.name, request.version)),
    ),
    ModelConfig: answer(({ request }: ServerUnaryCall<ModelReadyRequest, unknown>) =>
      create(ModelConfigResponseSchema, { config: models.config(request.name, request.version) }),
    ),
    ModelStatistics: answer(async ({ request }: ServerUnaryCall<ModelReadyRequest, unknown>) =>
      create(ModelStatisticsResponseSchema, { modelStats: await models.statisticsOf(request.name, request.version) }),
    ),
    ModelInfer: answer(infer),
    ...repositoryService(models, control, logger),
  };
}

/** ModelInfer on the bytes of its messages. */
export function inferMessage(inferences: AnswerInference, message: Buffer, caller: Caller): Promise<Uint8Array> {
  return inferences.answer(
    () => questionOf(readRequest(message)),
    (answer, question) => encodeInferResponse(inferResponse(question, answer)),
    caller,
  );
}

/** Why a message is refused whatever its tensors are; undefined: they have to be read. */
export function refusalOf(
  inferences: AnswerInference,
  message: Buffer,
  { headers }: Pick<Caller, 'headers'>,
): Problem | undefined {
  const address = addressOf(message);
  return address && inferences.refusal(address.model, address.version, headers);
}

/** The calls both repository services have. */
export function repositoryService(
  models: DescribeModels,
  control: ControlModels,
  logger: Logger,
): UntypedServiceImplementation {
  const answer = unary(logger);
  // KServe's messages have the model's name where Triton's have the repository's.
  const nameOf = ({ modelName, repositoryName }: RepositoryModelLoadRequest) => modelName || repositoryName;
  return {
    RepositoryIndex: answer(({ request }: ServerUnaryCall<RepositoryIndexRequest, unknown>) =>
      create(RepositoryIndexResponseSchema, { models: models.index(request.ready) }),
    ),
    RepositoryModelLoad: answer(async ({ request }: ServerUnaryCall<RepositoryModelLoadRequest, unknown>) => {
      await control.load(nameOf(request));
      return create(RepositoryModelLoadResponseSchema, { modelName: nameOf(request), isLoaded: true });
    }),
    RepositoryModelUnload: answer(({ request }: ServerUnaryCall<RepositoryModelLoadRequest, unknown>) => {
      control.unload(nameOf(request));
      return create(RepositoryModelUnloadResponseSchema, { modelName: nameOf(request), isUnloaded: true });
    }),
  };
}

/** A handler that returns or throws, as grpc-js calls it. */
function unary(logger: Logger) {
  return <Request, Response>(
      handle: (call: ServerUnaryCall<Request, unknown>) => Response | Promise<Response>,
    ): handleUnaryCall<Request, Response> =>
    (call, callback) => {
      void (async () => handle(call))().then(
        (response) => callback(null, response),
        (error: unknown) => callback(failureOf(error, logger)),
      );
    };
}

/** What a caller is told of any failure; what is our own fault goes to the log as well. */
export function failureOf(error: unknown, logger: Logger): ServerErrorResponse {
  const problem = problemOf(error);
  if (problem.kind === 'internal') logger.error({ err: error }, 'call failed');
  return grpcErrorOf(problem);
}

function callerOf(call: ServerUnaryCall<Buffer, unknown>): Caller {
  const deadlineMs = performance.now() + Number(call.getDeadline()) - Date.now();
  return {
    abandoned: () => call.cancelled || performance.now() >= deadlineMs,
    deadlineMs,
    headers: call.metadata.getMap(),
  };
}

function readRequest(bytes: Buffer): ModelInferRequest {
  try {
    return decodeInferRequest(bytes);
  } catch (cause) {
    const text = `The ${bytes.byteLength} bytes are no ${ModelInferRequestSchema.typeName}: ${(cause as Error).message}`;
    throw new Problem('MESSAGE_MALFORMED', text, { cause });
  }
}

const bufferOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

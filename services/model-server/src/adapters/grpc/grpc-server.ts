import { Server, ServerCredentials, type ServerWritableStream } from '@grpc/grpc-js';
import { HealthImplementation, service as healthDefinition, type ServingStatus } from 'grpc-health-check';
import { file_inference_inference, file_inference_model_config } from '@vinaigrette/contracts/inference';
import { GRPC_MESSAGE_BYTES_MAX, grpcChannelOptions } from '@vinaigrette/contracts/grpc';
import type { Logger, ServerTls } from '@vinaigrette/edge';
import { Problem } from '@vinaigrette/problems';
import type { AnswerInference } from '../../answer-inference.js';
import type { ControlModels } from '../../control-models.js';
import type { ModelStatus } from '../../serve-wanted.js';
import type { DescribeModels } from '../protocol/describe-models.js';
import {
  failureOf,
  inferenceDefinition,
  inferenceService,
  inferMessage,
  refusalOf,
  repositoryDefinition,
  repositoryService,
} from './inference-service.js';
import { addReflection } from './reflection.js';
import { UnaryFront } from './unary-front.js';

const SERVICE = 'inference.GRPCInferenceService';
const INFER = `/${SERVICE}/ModelInfer`;

type HealthWatch = ServerWritableStream<unknown, unknown>;

/**
 * The gRPC side: the inference service, `grpc.health.v1` overall ("") and by model name, and reflection, by grpc-js; in
 * front of it, ModelInfer on a wire of its own.
 */
export class GrpcServer {
  private readonly server = new Server(grpcChannelOptions);
  private readonly front: UnaryFront;
  private readonly health = new HealthImplementation({ '': 'NOT_SERVING', [SERVICE]: 'NOT_SERVING' });
  private readonly watches = new Set<HealthWatch>();
  private statuses = new Map<string, ServingStatus>();

  constructor(
    inferences: AnswerInference,
    models: DescribeModels,
    control: ControlModels,
    logger: Logger,
    tls?: ServerTls,
  ) {
    this.server.addService(inferenceDefinition, inferenceService(inferences, models, control, logger));
    this.server.addService(repositoryDefinition, repositoryService(models, control, logger));
    this.addHealth();
    addReflection(this.server, [file_inference_model_config, file_inference_inference], healthDescriptors());
    const behind = this.server.createConnectionInjector(ServerCredentials.createInsecure());
    this.front = new UnaryFront({
      path: INFER,
      refusal: (message, call) => refusalOf(inferences, message, call),
      refused: (text, { headers }) => inferences.refused(new Problem('MESSAGE_MALFORMED', text), headers),
      answer: (message, call) => inferMessage(inferences, message, call),
      errorOf: (error) => failureOf(error, logger),
      connectBehind: (connection) => behind.injectConnection(connection),
      messageBytesMax: GRPC_MESSAGE_BYTES_MAX,
      tls,
    });
  }

  /** Answers with the port. Rejects when it is taken. */
  listen(host: string, port: number): Promise<number> {
    return this.front.listen(host, port);
  }

  /** Tells health watchers how the server as a whole and each model stand. */
  tell(ready: boolean, models: readonly ModelStatus[]): void {
    const next = new Map<string, ServingStatus>([...this.statuses.keys()].map((name) => [name, 'NOT_SERVING']));
    for (const model of models) next.set(model.name, servingStatus(model.ready));
    next.set('', servingStatus(ready)).set(SERVICE, servingStatus(ready));
    for (const [name, status] of next) {
      if (this.statuses.get(name) !== status) this.health.setStatus(name, status);
    }
    this.statuses = next;
  }

  /** Says NOT_SERVING, takes no new calls, and settles when those in flight are answered, or after `timeoutMs`. */
  async drain(timeoutMs: number): Promise<void> {
    this.tell(false, []);
    for (const watch of this.watches) watch.end();
    await this.front.drain(AbortSignal.timeout(timeoutMs));
    this.server.forceShutdown(); // nobody is left behind the front
  }

  /** Health watches never end by themselves, and a drain must not wait for them: keep them, to end them. */
  private addHealth(): void {
    this.health.addToServer({
      addService: (definition, handlers) => {
        const watch = handlers['watch'] as (call: HealthWatch) => void;
        const kept = (call: HealthWatch) => {
          this.watches.add(call);
          call.on('close', () => this.watches.delete(call)).on('cancelled', () => this.watches.delete(call));
          watch(call);
        };
        this.server.addService(definition, { ...handlers, watch: kept });
      },
    });
  }
}

const servingStatus = (ready: boolean): ServingStatus => (ready ? 'SERVING' : 'NOT_SERVING');

/** The health service's own descriptors, which its package carries along with each message type. */
function healthDescriptors(): Buffer[] {
  const types = Object.values(healthDefinition).map((method) => (method as { requestType?: unknown }).requestType);
  return types.flatMap((type) => (type as { fileDescriptorProtos?: Buffer[] }).fileDescriptorProtos ?? []);
}

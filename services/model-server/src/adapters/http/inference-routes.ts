import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { toJson, type DescMessage, type MessageShape } from '@bufbuild/protobuf';
import { ModelConfigSchema, ModelStatisticsSchema } from '@vinaigrette/contracts/inference';
import { problemOfRequest, routeNotFound, type Logger } from '@vinaigrette/edge';
import { Problem } from '@vinaigrette/problems';
import type { ControlModels } from '../../control-models.js';
import type { ServeWanted } from '../../serve-wanted.js';
import type { DescribeModels } from '../protocol/describe-models.js';
import { uncompressed } from './content-encoding.js';
import { failureOf } from './failure-body.js';

interface ModelRoute {
  Params: { model: string; version?: string };
}

/** The protocol's version 2 over HTTP but for infer, with Triton's additions. Failures are `{"error": "[CODE] ..."}`. */
export function addInferenceRoutes(
  server: FastifyInstance,
  models: ServeWanted,
  described: DescribeModels,
  control: ControlModels,
  bodyBytesMax: number,
  logger: Logger,
): void {
  const routes = (http: FastifyInstance) => {
    takeAnyBody(http, bodyBytesMax);
    http.setErrorHandler((error, request, reply) => {
      const problem = problemOfRequest(error, request);
      if (problem.kind === 'internal') logger.error({ err: error, url: request.url }, 'request failed');
      return answerProblem(problem, reply);
    });
    http.setNotFoundHandler(({ method, url }, reply) => answerProblem(routeNotFound(method, url), reply));

    http.get('/', () => described.server());
    http.get('/health/live', () => ({ live: true }));
    http.get('/health/ready', (_request, reply) => {
      const ready = described.isReady();
      return reply.status(ready ? 200 : 503).send({ ready });
    });
    http.get('/models/stats', async () => ({
      model_stats: (await described.statisticsOf('', '')).map(statisticsJson),
    }));
    for (const path of ['/models/:model', '/models/:model/versions/:version']) addModelRoutes(http, path);

    http.post<{ Body: Buffer | undefined }>('/repository/index', ({ body }) =>
      described.index(readJson(body)['ready'] === true),
    );
    http.post<ModelRoute>('/repository/models/:model/load', async ({ params }, reply) => {
      await control.load(params.model);
      return reply.send();
    });
    http.post<ModelRoute>('/repository/models/:model/unload', ({ params }, reply) => {
      control.unload(params.model);
      return reply.send();
    });
  };

  const addModelRoutes = (http: FastifyInstance, path: string) => {
    http.get<ModelRoute>(path, ({ params: { model, version = '' } }) => {
      const metadata = described.metadata(model, version);
      return JSON.parse(JSON.stringify(metadata, numbersForBigInts)) as unknown;
    });
    http.get<ModelRoute>(`${path}/ready`, ({ params: { model, version = '' } }, reply) => {
      const ready = described.isModelReady(model, version);
      if (!ready) models.find(model, version);
      return reply.status(ready ? 200 : 503).send({ name: model, ready });
    });
    http.get<ModelRoute>(`${path}/config`, ({ params: { model, version = '' } }) =>
      plainJson(ModelConfigSchema, described.config(model, version)),
    );
    http.get<ModelRoute>(`${path}/stats`, async ({ params: { model, version = '' } }) => ({
      model_stats: (await described.statisticsOf(model, version)).map(statisticsJson),
    }));
  };

  void server.register(
    (http, _options, done) => {
      routes(http);
      done();
    },
    { prefix: '/v2' },
  );
}

/** Bodies come as bytes, whatever they say they are; their types tell nothing about tensors. */
function takeAnyBody(http: FastifyInstance, bytesMax: number): void {
  http.removeAllContentTypeParsers();
  http.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: bytesMax }, (request: FastifyRequest, body: Buffer) =>
    uncompressed(body, request.headers['content-encoding'], bytesMax),
  );
}

function answerProblem(problem: Problem, reply: FastifyReply): FastifyReply {
  const { status, headers, body } = failureOf(problem);
  return reply.status(status).headers(headers).send(body);
}

/** A body of which little is wanted; none at all is an empty object. */
function readJson(body: Buffer | undefined): Record<string, unknown> {
  if (!body?.length) return {};
  try {
    const json: unknown = JSON.parse(body.toString());
    if (typeof json === 'object' && json) return json as Record<string, unknown>;
  } catch {
    // said below
  }
  throw new Problem('BODY_NOT_JSON', 'The body is no JSON object');
}

const numbersForBigInts = (_key: string, value: unknown): unknown =>
  typeof value === 'bigint' ? Number(value) : value;

const statisticsJson = (statistics: MessageShape<typeof ModelStatisticsSchema>): unknown =>
  plainJson(ModelStatisticsSchema, statistics);

/** Fields whose 64-bit numbers protobuf would write as text; Triton writes numbers. */
const wholeNumbers =
  /^(dims|last_inference|inference_count|execution_count|count|ns|batch_size|.*_microseconds|.*priority_levels?)$/;

/** A message in JSON as Triton writes it: the proto's names, defaults included, numbers as numbers. */
function plainJson<Desc extends DescMessage>(schema: Desc, message: MessageShape<Desc>): unknown {
  const json = toJson(schema, message, { useProtoFieldName: true, alwaysEmitImplicit: true });
  return JSON.parse(JSON.stringify(json), (key, value: unknown) => {
    if (!wholeNumbers.test(key)) return value;
    return Array.isArray(value) ? value.map(Number) : typeof value === 'string' ? Number(value) : value;
  }) as unknown;
}

import { createHash, createHmac, randomFillSync } from 'node:crypto';
import { Module, type DynamicModule } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { tlsOf, type Logger } from '@vinaigrette/edge';
import { grpcTransport } from '@vinaigrette/edge/connect';
import { ProblemFilter } from '@vinaigrette/edge/nest';
import { type EventLogWriter } from '@vinaigrette/event-log';
import { DiskLastGoodCopies } from './adapters/disk/disk-last-good-copies.js';
import { ConnectRollouts } from './adapters/grpc/connect-rollouts.js';
import { ConnectWantedStates } from './adapters/grpc/connect-wanted-states.js';
import { GrpcModels } from './adapters/grpc/grpc-models.js';
import { EventTimes } from './adapters/http/event-time.js';
import { CustomersController } from './adapters/http/customers.controller.js';
import { FeedbackController } from './adapters/http/feedback.controller.js';
import { OperationsController } from './adapters/http/operations.controller.js';
import { PredictionsController } from './adapters/http/predictions.controller.js';
import { RecommendationsController } from './adapters/http/recommendations.controller.js';
import { RoutesController } from './adapters/http/routes.controller.js';
import { RulesController } from './adapters/http/rules.controller.js';
import { RouteController } from './adapters/http/route.controller.js';
import { SegmentPredictionLog } from './adapters/log/segment-prediction-log.js';
import { PrometheusMeters } from './adapters/metrics/prometheus-meters.js';
import { PostgresPrecomputedAnswers } from './adapters/postgres/postgres-precomputed-answers.js';
import { PostgresShopTables } from './adapters/postgres/postgres-shop-tables.js';
import { AnswerLadder } from './answer-ladder.js';
import { AskModels } from './ask-models.js';
import { AskShadows } from './ask-shadows.js';
import { type Config } from './config.js';
import { ConfigurationInForce } from './configuration-in-force.js';
import { RecentTexts } from './domain/recent-texts.js';
import { UUID_CHANCE_BYTES, uuidV7 } from './domain/uuid-v7.js';
import { FollowRegistry } from './follow-registry.js';
import { GatherCircumstances } from './gather-circumstances.js';
import { ExplainRoute } from './explain-route.js';
import { GuardRollouts } from './guard-rollouts.js';
import { LastGoodCopies } from './last-good-copies.js';
import { Meters } from './meters.js';
import { Models } from './models.js';
import { Predict } from './predict.js';
import { NoPrecomputedAnswers, PrecomputedAnswers } from './precomputed-answers.js';
import { PredictionLog } from './prediction-log.js';
import { RecommendPrecomputed } from './recommend-precomputed.js';
import { Recommend } from './recommend.js';
import { RecordOutcome } from './record-outcome.js';
import { Rollouts } from './rollouts.js';
import { ShadowRules } from './shadow-rules.js';
import { NoShopTables, ShopTables } from './shop-tables.js';
import { TestRules } from './test-rules.js';
import { WantedStates } from './wanted-states.js';

/** A draw of chance costs as much for one id as for so many. */
const IDS_A_DRAW = 256;

function idsOfTime(): () => string {
  const chance = new Uint8Array(UUID_CHANCE_BYTES * IDS_A_DRAW);
  let drawn = chance.length;
  return () => {
    if (drawn === chance.length) {
      randomFillSync(chance);
      drawn = 0;
    }
    drawn += UUID_CHANCE_BYTES;
    return uuidV7(Date.now(), chance.subarray(drawn - UUID_CHANCE_BYTES, drawn));
  };
}

/** A text of the log nobody can read; with a key nobody can guess it either. 16 hex characters. */
const hashing = (key: string | undefined) => (text: string) =>
  (key ? createHmac('sha256', key) : createHash('sha256')).update(text).digest('hex').slice(0, 16);

/** A registry that says nothing for this long, in milliseconds, is asked whether it is there. */
const PING_INTERVAL_MS = 10_000;

/** Ids of predictions by which feedback is told from feedback on what others made. */
const PREDICTIONS_REMEMBERED = 100_000;

/** Every port meets its adapter here. */
@Module({})
export class AppGatewayModule {
  static with(config: Config, logger: Logger, writer: EventLogWriter): DynamicModule {
    const made = new RecentTexts(PREDICTIONS_REMEMBERED);
    const hash = hashing(config.LOG_HASH_KEY);
    const newId = idsOfTime();
    const tls = tlsOf(config).client;
    const registryOptions = { key: config.REGISTRY_KEY, tls, pingIntervalMs: PING_INTERVAL_MS };
    const registry = grpcTransport(config.REGISTRY_ADDRESS, registryOptions);
    return {
      module: AppGatewayModule,
      controllers: [
        RecommendationsController,
        CustomersController,
        PredictionsController,
        FeedbackController,
        RulesController,
        RouteController,
        OperationsController,
        RoutesController, // last: it takes every path the others leave
      ],
      providers: [
        { provide: APP_FILTER, useValue: new ProblemFilter(logger) },
        { provide: Models, useValue: new GrpcModels(config.MODEL_SERVER_ADDRESS, tls) },
        { provide: WantedStates, useValue: new ConnectWantedStates(registry) },
        { provide: LastGoodCopies, useValue: new DiskLastGoodCopies(config.GATEWAY_CACHE_DIR) },
        { provide: PredictionLog, useValue: new SegmentPredictionLog(writer, made) },
        { provide: PrometheusMeters, useValue: new PrometheusMeters() },
        { provide: Meters, useExisting: PrometheusMeters },
        { provide: EventTimes, useValue: new EventTimes(config.TRUSTED_CALLER_TOKEN) },
        { provide: ConfigurationInForce, useValue: new ConfigurationInForce() },
        {
          provide: FollowRegistry,
          inject: [WantedStates, LastGoodCopies, ConfigurationInForce],
          useFactory: (states: WantedStates, copies: LastGoodCopies, configuration: ConfigurationInForce) =>
            new FollowRegistry(states, copies, configuration, logger, config.SHOP_DATABASE_URL !== undefined),
        },
        { provide: Rollouts, useValue: new ConnectRollouts(registry, config.GATEWAY_ID) },
        {
          provide: GuardRollouts,
          inject: [Rollouts, ConfigurationInForce],
          useFactory: (rollouts: Rollouts, configuration: ConfigurationInForce) =>
            new GuardRollouts(rollouts, () => configuration.rolloutIds, logger),
        },
        {
          provide: AskModels,
          inject: [Models, GuardRollouts, PredictionLog, Meters],
          useFactory: (models: Models, guard: GuardRollouts, log: PredictionLog, meters: Meters) => {
            const shadows = new AskShadows(models, log, meters, hash);
            const rules = new ShadowRules(log, meters, hash);
            return new AskModels(new AnswerLadder(models), shadows, rules, guard, log, meters, hash);
          },
        },
        {
          provide: ShopTables,
          useValue: config.SHOP_DATABASE_URL
            ? new PostgresShopTables(config.SHOP_DATABASE_URL, logger)
            : new NoShopTables(),
        },
        {
          provide: GatherCircumstances,
          inject: [ShopTables],
          useFactory: (tables: ShopTables) => new GatherCircumstances(tables),
        },
        {
          provide: ExplainRoute,
          inject: [ConfigurationInForce, AskModels],
          useFactory: (configuration: ConfigurationInForce, models: AskModels) =>
            new ExplainRoute(configuration, models),
        },
        {
          provide: PrecomputedAnswers,
          useValue: config.SHOP_DATABASE_URL
            ? new PostgresPrecomputedAnswers(config.SHOP_DATABASE_URL, logger)
            : new NoPrecomputedAnswers(),
        },
        {
          provide: Recommend,
          inject: [ConfigurationInForce, AskModels, GatherCircumstances, PrecomputedAnswers],
          useFactory: (
            configuration: ConfigurationInForce,
            models: AskModels,
            shop: GatherCircumstances,
            precomputed: PrecomputedAnswers,
          ) => new Recommend(configuration, models, shop, precomputed, newId),
        },
        {
          provide: RecommendPrecomputed,
          inject: [ConfigurationInForce, AskModels, GatherCircumstances, PrecomputedAnswers],
          useFactory: (
            configuration: ConfigurationInForce,
            models: AskModels,
            shop: GatherCircumstances,
            precomputed: PrecomputedAnswers,
          ) => new RecommendPrecomputed(configuration, models, shop, precomputed, newId),
        },
        {
          provide: Predict,
          inject: [ConfigurationInForce, AskModels, GatherCircumstances],
          useFactory: (configuration: ConfigurationInForce, models: AskModels, shop: GatherCircumstances) =>
            new Predict(configuration, models, shop, newId),
        },
        {
          provide: TestRules,
          inject: [ConfigurationInForce, GatherCircumstances],
          useFactory: (configuration: ConfigurationInForce, shop: GatherCircumstances) =>
            new TestRules(configuration, shop),
        },
        {
          provide: RecordOutcome,
          inject: [PredictionLog, GuardRollouts, Meters],
          useFactory: (log: PredictionLog, guard: GuardRollouts, meters: Meters) =>
            new RecordOutcome(log, guard, meters, made, newId),
        },
      ],
    };
  }
}

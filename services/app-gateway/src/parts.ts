/** For whoever answers in the gateway's place, over night or once more: the same configuration, models and tables. */
export { encodeRequest } from './adapters/grpc/infer-messages.js';
export { ModelServers } from './adapters/grpc/model-servers.js';
export { PostgresShopTables } from './adapters/postgres/postgres-shop-tables.js';
export { BEST_SELLERS_PATH, configurationOf, type ReadyUseCase } from './domain/configuration.js';
export type { ModelAnswer } from './domain/model-answer.js';
export { GatherCircumstances } from './gather-circumstances.js';
export { NoShopTables, type ShopTables } from './shop-tables.js';

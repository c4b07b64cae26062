export { isUnavailable, sqlStateOf } from './availability.js';
export { openDatabase, postgresOptions, type PostgresSettings } from './open-database.js';

import {
  LIMIT_MAX,
  moments,
  SCOPE_NAME_LENGTH_MAX,
  SKU_LENGTH_MAX,
  type Moment,
  type TensorValue,
} from '@vinaigrette/documents';
import { BASKET_ITEMS_MAX, UNIT_LENGTH_MAX } from './schemas.js';

/*
 * Whether a body, as parsed from JSON, is plainly what its schema asks for: a fraction of the price of the schema, for
 * what shops send all day. "No" means nothing but that the schema has to say. A spec holds every "yes" to the schema.
 */

type Json = Readonly<Record<string, unknown>>;
type Place = { moment?: Moment; market?: string; channel?: string };
type Attributes = Readonly<Record<string, unknown>>;

export interface PlainRecommendation {
  basket: readonly string[];
  customer?: { id: string; attributes?: Attributes };
  context?: Place;
  limit?: number;
}

export interface PlainPrediction {
  unit?: string;
  attributes?: Attributes;
  inputs: Readonly<Record<string, TensorValue>>;
  context?: Place;
}

type Checks = Readonly<Record<string, (value: unknown) => boolean>>;

const isText = (value: unknown, lengthMax: number): boolean =>
  typeof value === 'string' && value.length > 0 && value.length <= lengthMax;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Nothing but these members, each as its check wants it. */
function hasOnly(value: unknown, checks: Checks): value is Json {
  if (!isObject(value)) return false;
  for (const name in value) if (!Object.hasOwn(checks, name) || !checks[name]!(value[name])) return false;
  return true;
}

const VALUE_LENGTH_MAX = 1_000;

/** What attributes and inputs hold mostly; lists and long texts are left to the schema. */
const isValue = (value: unknown): boolean =>
  typeof value === 'string' ? value.length <= VALUE_LENGTH_MAX : typeof value === 'boolean' || Number.isFinite(value);

function holdsValues(value: unknown): boolean {
  if (!isObject(value)) return false;
  for (const name in value) if (name === '__proto__' || !isValue(value[name])) return false;
  return true;
}

const isUnit = (value: unknown) => isText(value, UNIT_LENGTH_MAX);
const isPlaceName = (value: unknown) => isText(value, SCOPE_NAME_LENGTH_MAX);

const placeChecks: Checks = {
  moment: (value) => moments.includes(value as Moment),
  market: isPlaceName,
  channel: isPlaceName,
};
const isPlace = (value: unknown) => hasOnly(value, placeChecks);

const customerChecks: Checks = { id: isUnit, attributes: holdsValues };

const recommendationChecks: Checks = {
  basket: (value) =>
    Array.isArray(value) && value.length <= BASKET_ITEMS_MAX && value.every((sku) => isText(sku, SKU_LENGTH_MAX)),
  customer: (value) => hasOnly(value, customerChecks) && 'id' in value,
  context: isPlace,
  limit: (value) => Number.isInteger(value) && (value as number) >= 1 && (value as number) <= LIMIT_MAX,
};

const predictionChecks: Checks = {
  unit: isUnit,
  attributes: holdsValues,
  inputs: holdsValues,
  context: isPlace,
};

export const isPlainRecommendation = (body: unknown): body is PlainRecommendation =>
  hasOnly(body, recommendationChecks) && 'basket' in body;

export const isPlainPrediction = (body: unknown): body is PlainPrediction =>
  hasOnly(body, predictionChecks) && 'inputs' in body;

import { Problem } from '@vinaigrette/problems';

/** The limits that MLflow's own server keeps, so that what it takes we take, and nothing much larger. */
const KEY_LENGTH_MAX = 250;
const PARAM_LENGTH_MAX = 6_000;
const EXPERIMENT_NAME_LENGTH_MAX = 500;
const MODEL_NAME_LENGTH_MAX = 250;
const ALIAS_LENGTH_MAX = 255;
const TEXT_LENGTH_MAX = 100_000;
export const METRICS_MAX = 1_000;
export const PARAMS_MAX = 100;
export const TAGS_MAX = 100;
export const BATCH_MAX = 1_000;

/** Longest value of a tag, in characters, by what carries it. */
export const tagLengthMax = { run: 8_000, experiment: 20_000, loggedModel: 20_000, registered: 100_000 } as const;

const KEY = /^[/\w.\- :]+$/;
const ALIAS = /^[\w-]+$/;
const RESERVED_ALIAS = /^(latest|v\d+)$/i;

export interface KeyValue {
  key: string;
  value: string;
}

export interface LoggedMetric {
  key: string;
  value: number;
  atMs: number;
  step: number;
  modelId: string;
  datasetName: string;
  datasetDigest: string;
}

/** A name of a metric, a parameter or a tag: also a path, so none that leads elsewhere. */
export function checkKey(key: string, field: string): void {
  checkLength(key, field, KEY_LENGTH_MAX);
  const parts = key.split('/');
  if (!KEY.test(key) || parts.some((part) => part === '' || part === '.' || part === '..')) {
    refuse(field, `${shown(key)} is not a name: letters, digits, "_", "-", ".", ":", " " and "/" between parts`);
  }
}

export function checkTags(tags: readonly KeyValue[], lengthMax: number, field = 'tags'): void {
  tags.forEach(({ key, value }, index) => {
    checkKey(key, `${field}[${index}].key`);
    checkText(value, `${field}[${index}].value`, lengthMax);
  });
}

/** The parameters with values cut to 6,000 characters, as MLflow's own server cuts them. */
export function checkParams(params: readonly KeyValue[]): KeyValue[] {
  const seen = new Map<string, string>();
  return params.map(({ key, value }, index) => {
    checkKey(key, `params[${index}].key`);
    checkText(value, `params[${index}].value`, TEXT_LENGTH_MAX);
    const cut = value.slice(0, PARAM_LENGTH_MAX);
    if (seen.has(key)) refuse(`params[${index}].key`, `The parameter ${shown(key)} is given twice`);
    seen.set(key, cut);
    return { key, value: cut };
  });
}

export function checkMetrics(metrics: readonly LoggedMetric[]): void {
  metrics.forEach(({ key, atMs, datasetName, datasetDigest, modelId }, index) => {
    checkKey(key, `metrics[${index}].key`);
    if (atMs < 0) refuse(`metrics[${index}].timestamp`, 'A time is milliseconds since 1970, and not negative');
    for (const text of [datasetName, datasetDigest, modelId]) checkText(text, `metrics[${index}]`, KEY_LENGTH_MAX * 2);
  });
}

export function checkBatch(counts: { metrics: number; params: number; tags: number }): void {
  const { metrics, params, tags } = counts;
  const over = (what: string, count: number, max: number) => {
    if (count > max) refuse(what, `A batch has at most ${max} ${what}, not ${count}`);
  };
  over('metrics', metrics, METRICS_MAX);
  over('params', params, PARAMS_MAX);
  over('tags', tags, TAGS_MAX);
  over('metrics, params and tags', metrics + params + tags, BATCH_MAX);
}

export function checkExperimentName(name: string): void {
  checkText(name, 'name', EXPERIMENT_NAME_LENGTH_MAX);
  if (name.trim() === '') refuse('name', 'An experiment needs a name');
}

/** MLflow's rule for a registered model's name, which is wider than ours for one that is served. */
export function checkRegisteredName(name: string): void {
  checkText(name, 'name', MODEL_NAME_LENGTH_MAX);
  if (name.trim() === '' || /[/:]/.test(name) || name === '.' || name === '..') {
    refuse('name', `${shown(name)} is not a model's name: not empty, without "/" and ":"`);
  }
}

export function checkAlias(alias: string): void {
  if (!ALIAS.test(alias) || alias.length > ALIAS_LENGTH_MAX) {
    refuse('alias', `${shown(alias)} is not an alias: letters, digits, "_" and "-"`);
  }
  if (RESERVED_ALIAS.test(alias)) refuse('alias', `${shown(alias)} is reserved: it means a version already`);
}

/** Text that PostgreSQL keeps: no NUL, and not without end. */
export function checkText(text: string, field: string, lengthMax = TEXT_LENGTH_MAX): void {
  checkLength(text, field, lengthMax);
  if (text.includes('\0')) refuse(field, 'The text holds a NUL character');
}

function checkLength(text: string, field: string, lengthMax: number): void {
  if (text.length > lengthMax) refuse(field, `It has ${text.length} characters; at most ${lengthMax} are kept`);
}

const shown = (text: string): string => JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}...` : text);

function refuse(field: string, why: string): never {
  throw new Problem('BODY_INVALID', why, { field });
}

import type { KeyValue, LoggedMetric } from './domain/mlflow/limits.js';
import type { Condition } from './domain/mlflow/search-filter.js';
import type { Order } from './domain/mlflow/search-order.js';

export type Lifecycle = 'active' | 'deleted';
export type Texts = Readonly<Record<string, string>>;

export interface Search {
  conditions: readonly Condition[];
  order: readonly Order[];
  lifecycles: readonly Lifecycle[];
  limit: number;
  offset: number;
}

export interface Experiment {
  id: string;
  name: string;
  /** null: the folder of that experiment in our own store. */
  artifactLocation: string | null;
  lifecycle: Lifecycle;
  createdAtMs: number;
  updatedAtMs: number;
  tags: Texts;
}

export interface Run {
  id: string;
  experimentId: string;
  experimentLocation: string | null;
  name: string;
  userId: string;
  status: string;
  lifecycle: Lifecycle;
  startedAtMs: number;
  endedAtMs: number | null;
  params: Texts;
  tags: Texts;
  datasets: readonly DatasetInput[];
  inputModels: readonly { modelId: string }[];
  outputModels: readonly { modelId: string; step: number }[];
  /** The latest of each key. */
  metrics: readonly Point[];
}

/** One value of a metric of a run. */
export type Point = Pick<LoggedMetric, 'key' | 'value' | 'atMs' | 'step'>;

export interface DatasetInput {
  tags: readonly KeyValue[];
  dataset: { name: string; digest: string; source_type: string; source: string; schema?: string; profile?: string };
}

export interface LoggedModel {
  id: string;
  experimentId: string;
  experimentLocation: string | null;
  name: string;
  modelType: string;
  sourceRunId: string;
  status: string;
  createdAtMs: number;
  updatedAtMs: number;
  params: Texts;
  tags: Texts;
  metrics: readonly (LoggedMetric & { runId: string })[];
  registrations: readonly { name: string; version: number }[];
}

/** The experiments. A name is taken by a deleted experiment too. */
export abstract class Experiments {
  /** Throws NAME_TAKEN. */
  abstract create(draft: Pick<Experiment, 'name' | 'artifactLocation' | 'tags'>, atMs: number): Promise<string>;
  abstract find(by: { id: string } | { name: string }): Promise<Experiment | undefined>;
  /** Throws EXPERIMENT_NOT_FOUND, NAME_TAKEN. */
  abstract change(id: string, change: { name?: string; lifecycle?: Lifecycle }, atMs: number): Promise<void>;
  /** A value that is undefined takes the tag away. Throws EXPERIMENT_NOT_FOUND. */
  abstract setTag(id: string, key: string, value: string | undefined, atMs: number): Promise<void>;
  abstract search(search: Search): Promise<Experiment[]>;
}

export interface Batch {
  metrics: readonly LoggedMetric[];
  params: readonly KeyValue[];
  tags: readonly KeyValue[];
}

/** Runs, with what they logged. Writing to a run that was deleted throws RUN_DELETED, to none RUN_NOT_FOUND. */
export abstract class Runs {
  abstract create(draft: Pick<Run, 'id' | 'experimentId' | 'name' | 'userId' | 'startedAtMs' | 'tags'>): Promise<void>;
  abstract find(id: string): Promise<Run | undefined>;
  abstract change(id: string, change: { status?: string; endedAtMs?: number; name?: string }): Promise<void>;
  abstract setLifecycle(id: string, lifecycle: Lifecycle): Promise<void>;
  /** All or nothing. A parameter keeps its first value: throws PARAMETER_CHANGED. */
  abstract log(id: string, batch: Batch): Promise<void>;
  /** Throws TAG_NOT_FOUND. */
  abstract deleteTag(id: string, key: string): Promise<void>;
  abstract addInputs(
    id: string,
    inputs: Partial<Pick<Run, 'datasets' | 'inputModels' | 'outputModels'>>,
  ): Promise<void>;
  abstract search(experimentIds: readonly string[], search: Search): Promise<Run[]>;
  /** One metric over time, by time and step. */
  abstract history(id: string, key: string, limit: number, offset: number): Promise<Point[]>;
}

/** Models that were logged, registered or not. Throws LOGGED_MODEL_NOT_FOUND. */
export abstract class LoggedModels {
  abstract create(
    draft: Pick<LoggedModel, 'id' | 'experimentId' | 'name' | 'modelType' | 'sourceRunId' | 'params' | 'tags'>,
    atMs: number,
  ): Promise<void>;
  abstract find(id: string): Promise<LoggedModel | undefined>;
  abstract change(
    id: string,
    change: { status?: string; params?: readonly KeyValue[]; tags?: readonly KeyValue[]; withoutTag?: string },
    atMs: number,
  ): Promise<void>;
  abstract remove(id: string, atMs: number): Promise<void>;
  abstract search(experimentIds: readonly string[], search: Search): Promise<LoggedModel[]>;
}

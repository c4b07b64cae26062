import type { ReadyUseCase } from '@vinaigrette/app-gateway/parts';
import type { TensorValue } from '@vinaigrette/documents';
import { Problem } from '@vinaigrette/problems';
import type { CatalogueRow, Outputs } from '@vinaigrette/serving';
import { elementCount } from '@vinaigrette/signature';
import type { RowAsked } from './answer-row.js';
import { offPolicy, type LoggedReward, type OffPolicy } from './off-policy.js';

/** A request and its answer as the archive holds them. */
export interface LoggedRequest {
  predictionId: string;
  unit: string;
  occurredAtMs: number;
  segments: readonly string[];
  variant: string;
  version: number;
  ruleSetVersion: number;
  /** undefined: nobody drew. */
  propensity: number | undefined;
  shown: readonly string[];
  latencyMs: number;
  /** Tensors by name, one row of each; undefined: nothing was logged that can be read. */
  logged: Readonly<Record<string, readonly (string | number | null)[] | undefined>> | undefined;
  reward: number;
}

/** An answer given once more. */
export interface Replayed {
  /** SKUs of a recommendation. */
  shown: readonly string[];
  /** Of a prediction. */
  outputs: Outputs;
  fired: readonly string[];
}

/** The same request, answered by what is in force and by the candidate. */
export interface ReplayedPair {
  request: LoggedRequest;
  control: Replayed;
  candidate: Replayed;
}

/**
 * The request as far as the record holds it. Throws SIGNATURE_MISMATCH where it does not hold what the model was asked.
 * Context and attributes are no part of a record: rules that read them see them as unknown.
 */
export function rowOfRequest(
  { document, wanted }: ReadyUseCase,
  { logged, unit, predictionId }: LoggedRequest,
): RowAsked {
  const row = { unit: unit === predictionId ? undefined : unit, attributes: {}, context: {} };
  const inputs: Record<string, TensorValue> = {};
  for (const { name, shape } of wanted.signature.inputs) {
    const values = logged?.[name];
    const policy = document.logging[name] ?? 'keep';
    if (!values || policy !== 'keep') {
      const why = policy === 'keep' ? 'is not in the record' : `is logged as "${policy}"`;
      throw new Problem('SIGNATURE_MISMATCH', `the input ${name} ${why}`, { field: name });
    }
    inputs[name] = elementCount(shape.slice(1)) === 1 ? (values[0] ?? null) : [...values];
  }
  if (document.kind === 'prediction') return { ...row, basket: [], inputs };
  return { ...row, basket: (inputs['items'] as string[]).filter((sku) => sku !== ''), inputs: {} };
}

/** What of a request the rules of a use case read, and no record holds. */
export function notLogged({ ruleSet, document }: ReadyUseCase): string[] {
  const rules = ruleSet ? [...ruleSet.rules.before, ...ruleSet.rules.items.rules, ...ruleSet.rules.outputs] : [];
  const scoped = rules.some(({ rule: { when } }) => when?.moments ?? when?.markets ?? when?.channels);
  const told = Object.keys(document.attributes).filter(
    (name) => !Object.hasOwn(document.lookups.customer?.columns ?? {}, name),
  );
  return [...(scoped ? ['context: moment, market, channel'] : []), ...told.map((name) => `attribute: ${name}`)];
}

export interface ReplayReport {
  replayed: number;
  /** Of the answers that the versions in force had given, the share that came out again; null: none was theirs. */
  reproduced: { answers: number; share: number | null };
  /** Share of the requests whose answer would be another one, 0..1. */
  changed: number;
  /** Mean share of the shown items that both show, 0..1; null for predictions. */
  overlap: number | null;
  segments: { segment: string; answers: number; changed: number }[];
  /** By rule: how often it fired. */
  fired: Record<string, { control: number; candidate: number }>;
  /** By output: means; by number of the catalogue: means over the items shown. */
  means: Record<string, { control: number | null; candidate: number | null }>;
  /** Of what was shown, by the outcomes; null for predictions, whose record does not hold what was shown. */
  kpi: OffPolicy | null;
}

/** Most segments told, the largest first. */
const SEGMENTS_TOLD = 50;

/** Largest relative difference of two numbers taken as equal. */
const TOLERANCE = 1e-6;

/** What would be another, by how much, and what it would be worth. */
export function reportReplay(
  pairs: readonly ReplayedPair[],
  {
    kind,
    versions,
    catalogue,
  }: {
    kind: 'recommendation' | 'prediction';
    /** In force. */
    versions: { model: number; ruleSet: number };
    catalogue: ReadonlyMap<string, CatalogueRow>;
  },
): ReplayReport {
  const recommends = kind === 'recommendation';
  const differs = pairs.map(({ control, candidate }) =>
    recommends
      ? control.shown.join('\n') !== candidate.shown.join('\n')
      : !sameOutputs(control.outputs, candidate.outputs),
  );
  const own = pairs.filter(
    ({ request }) =>
      recommends &&
      request.version === versions.model &&
      request.ruleSetVersion === versions.ruleSet &&
      request.variant !== 'holdout',
  );
  const again = own.filter(({ request, control }) => sameAsShown(control.shown, request.shown)).length;
  return {
    replayed: pairs.length,
    reproduced: { answers: own.length, share: own.length === 0 ? null : again / own.length },
    changed: share(differs),
    overlap: recommends ? mean(pairs.map(({ control, candidate }) => overlapOf(control.shown, candidate.shown))) : null,
    segments: bySegment(pairs, differs),
    fired: firings(pairs),
    means: recommends ? catalogueMeans(pairs, catalogue) : outputMeans(pairs),
    kpi: recommends ? offPolicy(pairs.map(loggedReward)) : null,
  };
}

/** What a candidate must reach; undefined: it need not. */
export interface ReplayGate {
  maxChanged?: number | undefined;
  minOverlap?: number | undefined;
  /** What the lower end of the lift's interval must reach. */
  minLift?: number | undefined;
  /** Share of the requests that can be replayed. */
  minReplayable?: number | undefined;
}

/** Why a candidate does not pass; empty: it does. */
export function failedGates(report: ReplayReport, requests: number, gate: ReplayGate): string[] {
  const { maxChanged, minOverlap, minLift, minReplayable } = gate;
  const failed: string[] = [];
  const replayable = requests === 0 ? 0 : report.replayed / requests;
  if (minReplayable !== undefined && replayable < minReplayable) {
    failed.push(`${percent(replayable)} of the requests can be replayed, fewer than ${percent(minReplayable)}`);
  }
  if (maxChanged !== undefined && report.changed > maxChanged) {
    failed.push(`${percent(report.changed)} of the answers change, more than ${percent(maxChanged)}`);
  }
  if (minOverlap !== undefined && (report.overlap ?? 0) < minOverlap) {
    failed.push(`the overlap is ${percent(report.overlap ?? 0)}, less than ${percent(minOverlap)}`);
  }
  if (minLift !== undefined) {
    const { kpi } = report;
    const why = kpi === null ? 'a prediction has no KPI of its own' : kpi.cannotTell;
    if (why !== undefined) failed.push(`the KPI cannot be told: ${why}`);
    else if (!kpi?.lift || kpi.lift.low < minLift) {
      failed.push(`the KPI's lift may be as low as ${kpi?.lift?.low.toPrecision(3)}, less than ${minLift}`);
    }
  }
  return failed;
}

function loggedReward({ request, candidate }: ReplayedPair): LoggedReward {
  const { unit, reward, propensity = 1, shown } = request;
  return { unit, reward, propensity, same: sameAsShown(candidate.shown, shown) };
}

/** A request may have wished for more or fewer items than are shown by default: only what both hold is compared. */
function sameAsShown(again: readonly string[], shown: readonly string[]): boolean {
  const length = Math.min(again.length, shown.length);
  if (length === 0) return again.length === shown.length;
  return again.slice(0, length).join('\n') === shown.slice(0, length).join('\n');
}

function overlapOf(one: readonly string[], other: readonly string[]): number {
  const most = Math.max(one.length, other.length);
  const set = new Set(one);
  return most === 0 ? 1 : other.filter((sku) => set.has(sku)).length / most;
}

function sameOutputs(one: Outputs, other: Outputs): boolean {
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every((name) => sameValue(one[name], other[name]));
}

function sameValue(a: unknown, b: unknown): boolean {
  if (typeof a === 'number' && typeof b === 'number') {
    return Object.is(a, b) || Math.abs(a - b) <= TOLERANCE * Math.max(Math.abs(a), Math.abs(b));
  }
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((it, at) => sameValue(it, b[at]));
  return a === b;
}

function bySegment(pairs: readonly ReplayedPair[], differs: readonly boolean[]): ReplayReport['segments'] {
  const counts = new Map<string, { answers: number; changed: number }>();
  for (const [at, { request }] of pairs.entries()) {
    for (const segment of request.segments) {
      const count = counts.get(segment) ?? { answers: 0, changed: 0 };
      counts.set(segment, { answers: count.answers + 1, changed: count.changed + Number(differs[at]) });
    }
  }
  const told = [...counts].map(([segment, { answers, changed }]) => ({ segment, answers, changed: changed / answers }));
  return told.sort((a, b) => b.answers - a.answers).slice(0, SEGMENTS_TOLD);
}

function firings(pairs: readonly ReplayedPair[]): ReplayReport['fired'] {
  const fired: ReplayReport['fired'] = {};
  for (const pair of pairs) {
    for (const side of ['control', 'candidate'] as const) {
      for (const rule of new Set(pair[side].fired)) (fired[rule] ??= { control: 0, candidate: 0 })[side] += 1;
    }
  }
  return fired;
}

/** Of each number of the catalogue: its mean over all items shown that have it, margin and stock among them. */
function catalogueMeans(
  pairs: readonly ReplayedPair[],
  catalogue: ReadonlyMap<string, CatalogueRow>,
): ReplayReport['means'] {
  const fields = new Set(
    [...catalogue.values()].flatMap((row) => Object.keys(row).filter((name) => typeof row[name] === 'number')),
  );
  const meanOf = (side: 'control' | 'candidate', field: string) =>
    meanOrNull(
      pairs
        .flatMap((pair) => pair[side].shown.map((sku) => catalogue.get(sku)?.[field]))
        .filter((it) => typeof it === 'number'),
    );
  return Object.fromEntries([...fields].map((field) => [field, sides((side) => meanOf(side, field))]));
}

function outputMeans(pairs: readonly ReplayedPair[]): ReplayReport['means'] {
  const names = new Set(
    pairs.flatMap(({ control, candidate }) => [...Object.keys(control.outputs), ...Object.keys(candidate.outputs)]),
  );
  const meanOf = (side: 'control' | 'candidate', name: string) =>
    meanOrNull(pairs.map((pair) => pair[side].outputs[name]).filter((it) => typeof it === 'number'));
  return Object.fromEntries([...names].map((name) => [name, sides((side) => meanOf(side, name))]));
}

const sides = <T>(of: (side: 'control' | 'candidate') => T) => ({ control: of('control'), candidate: of('candidate') });
const mean = (values: readonly number[]): number => meanOrNull(values) ?? 0;
const meanOrNull = (values: readonly number[]): number | null =>
  values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
const share = (flags: readonly boolean[]): number => mean(flags.map(Number));
const percent = (value: number): string => `${(value * 100).toFixed(1)} %`;

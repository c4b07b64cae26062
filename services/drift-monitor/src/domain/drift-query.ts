import { parseDocument } from '@vinaigrette/documents';
import { Problem } from '@vinaigrette/problems';
import { wholePanes, windowNames, windowUpTo, type Range, type WindowName } from './pane.js';

/** Which predictions a question is about. */
export interface Selection {
  model: string;
  /** Absent: the newest that was counted. */
  version?: number;
  /** Empty: every variant, every segment together. */
  variant: string;
  segment: string;
}

/** What a window is compared with. */
export const comparisons = ['baseline', 'last-week', 'champion'] as const;
export type Comparison = (typeof comparisons)[number];

export interface DriftQuery {
  selection: Selection;
  range: Range;
  /** Absent: an explicit range was asked for. */
  window?: WindowName;
  /** Absent: the baseline. */
  against?: Comparison;
}

/** The parameters of a question, as text; all but `model` may be absent or empty. */
export const parameters = ['model', 'version', 'variant', 'segment', 'window', 'from', 'to', 'against'] as const;
export type Parameters = Partial<Record<(typeof parameters)[number], string>>;

/** A longer range is a slip of the keyboard, and would read every pane there is. */
const RANGE_MS_MAX = 400 * 24 * 60 * 60 * 1_000;

const REJUDGED_MS_MAX = 92 * 24 * 60 * 60 * 1_000;

/** Reads a question, with the window up to now unless a range is asked for. Throws QUERY_INVALID naming the parameter. */
export function readDriftQuery(query: Readonly<Record<string, unknown>>, nowMs: number): DriftQuery {
  for (const [name, value] of Object.entries(query)) {
    if (!parameters.some((parameter) => parameter === name)) throw wrong(name, 'there is no such parameter');
    if (typeof value !== 'string') throw wrong(name, 'it is there more than once');
  }
  const { model = '', version = '', variant = '', segment = '', window = '', from = '', to = '' } = query as Parameters;
  const selection: Selection = {
    model: modelOf(model),
    variant: textOf('variant', variant),
    segment: textOf('segment', segment),
  };
  if (version !== '') selection.version = versionOf(version);
  const against = comparisonOf(query.against);
  if (from === '' && to === '') {
    const name = windowNames.find((known) => known === (window || '1h'));
    if (!name) throw wrong('window', `${window} is none of ${windowNames.join(', ')}`);
    return { selection, range: windowUpTo(name, nowMs), window: name, ...against };
  }
  if (window !== '') throw wrong('window', 'ask for a window or for a range, not for both');
  const range = wholePanes({ fromMs: timeOf('from', from), toMs: timeOf('to', to) });
  if (range.toMs <= range.fromMs) throw wrong('to', 'it must be later than from');
  if (range.toMs - range.fromMs > RANGE_MS_MAX) throw wrong('to', 'a range may cover at most 400 days');
  return { selection, range, ...against };
}

/** Reads how a drift map is divided. Throws QUERY_INVALID naming the parameter. */
export function readBy(by: unknown): 'time' | 'segment' {
  if (by === undefined || by === '' || by === 'time') return 'time';
  if (by === 'segment') return by;
  throw wrong('by', 'it is none of time, segment');
}

/**
 * Reads what is to be judged again, and by which policy. Throws QUERY_INVALID, DOCUMENT_INVALID, or BODY_NOT_JSON when
 * the policy is no JSON.
 */
export function readRejudgement(query: Readonly<Record<string, unknown>>, policyJson: string, nowMs: number) {
  const { selection, range, window } = readDriftQuery(query, nowMs);
  if (window !== undefined) throw wrong('from', 'say which range is to be judged again');
  if (range.toMs - range.fromMs > REJUDGED_MS_MAX) throw wrong('to', 'at most 92 days are judged again at once');
  let json: unknown;
  try {
    json = JSON.parse(policyJson);
  } catch (error) {
    throw new Problem('BODY_NOT_JSON', `The policy is no JSON: ${(error as Error).message}`, { field: 'policyJson' });
  }
  return { selection, range, policy: parseDocument('drift-policy', json) };
}

/** Reads which model's alerts are asked for; empty: every model's. Throws QUERY_INVALID naming the parameter. */
export function readAlertsQuery(query: Readonly<Record<string, unknown>>): string {
  for (const name of Object.keys(query)) if (name !== 'model') throw wrong(name, 'there is no such parameter');
  const { model = '' } = query;
  if (typeof model !== 'string') throw wrong('model', 'it is there more than once');
  return model === '' ? '' : modelOf(model);
}

function comparisonOf(against: unknown): Pick<DriftQuery, 'against'> {
  if (against === undefined || against === '') return {};
  const found = comparisons.find((known) => known === against);
  if (!found) throw wrong('against', `it is none of ${comparisons.join(', ')}`);
  return { against: found };
}

function modelOf(model: string): string {
  if (!/^[a-z0-9-]{1,64}$/.test(model)) throw wrong('model', 'it must be a name of the registry, [a-z0-9-]{1,64}');
  return model;
}

function versionOf(text: string): number {
  const version = Number(text);
  if (!/^\d{1,10}$/.test(text) || version < 1 || version > 0xffff_ffff)
    throw wrong('version', `${text} is no version number`);
  return version;
}

function textOf(name: string, text: string): string {
  if (text.length > 128 || text.includes('\0')) throw wrong(name, 'it must be a text of at most 128 characters');
  return text;
}

/** ISO 8601 with a time zone, a date alone (UTC), or milliseconds since the epoch. */
function timeOf(name: 'from' | 'to', text: string): number {
  const iso = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/;
  const ms = /^\d{1,16}$/.test(text) ? Number(text) : iso.test(text) ? Date.parse(text) : NaN;
  if (Number.isNaN(ms) || ms > 8.64e15) {
    throw wrong(name, `"${text}" is neither milliseconds nor a time like 2011-07-01T00:00:00Z`);
  }
  return ms;
}

const wrong = (field: string, why: string) => new Problem('QUERY_INVALID', `${field}: ${why}`, { field });

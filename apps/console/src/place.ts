export const windows = ['1h', '24h'] as const;
export type Window = (typeof windows)[number];
/** Event time, milliseconds since the epoch, half-open. */
export interface Range {
  fromMs: number;
  toMs: number;
}
export const orders = ['worst', 'baseline'] as const;

/** What the reader looks at; the query of the page's address, so that a link shows the same. */
export interface Place {
  /** Absent: the page chooses. */
  model?: string;
  version?: number;
  /** Empty: every variant together. */
  variant: string;
  window: Window | Range;
  order: (typeof orders)[number];
}

/** Reads an address. What makes no sense in it is left out, so that an old or mistyped link still opens. */
export function readPlace(search: string): Place {
  const query = new URLSearchParams(search);
  const text = (name: string) => query.get(name) ?? '';
  const place: Place = {
    variant: text('variant').slice(0, 128),
    window: windows.find((window) => window === text('window')) ?? '1h',
    order: orders.find((order) => order === text('order')) ?? 'worst',
  };
  if (/^[a-z0-9-]{1,64}$/.test(text('model'))) {
    place.model = text('model');
    if (/^[1-9]\d{0,9}$/.test(text('version'))) place.version = Number(text('version'));
  }
  const range = { fromMs: readUtc(text('from')), toMs: readUtc(text('to')) };
  if (range.fromMs < range.toMs) place.window = range;
  return place;
}

/** The address of a place, `?` included; what is as it is by default is left out. */
export function addressOf(place: Place): string {
  const query = questionOf(place);
  if (place.order !== 'worst') query.set('order', place.order);
  // Colons are fine in a query, and a link that is read by people too stays readable.
  return `?${query.toString().replaceAll('%3A', ':')}`;
}

/** What the monitor is asked: the parameters of /v1/drift and /v1/performance. */
export function questionOf({ model, version, variant, window }: Place): URLSearchParams {
  const query = new URLSearchParams();
  if (model !== undefined) query.set('model', model);
  if (version !== undefined) query.set('version', String(version));
  if (variant !== '') query.set('variant', variant);
  if (typeof window === 'string') query.set('window', window);
  else {
    query.set('from', writeUtc(window.fromMs));
    query.set('to', writeUtc(window.toMs));
  }
  return query;
}

/** A minute in UTC, "2026-07-01T12:00Z"; a form's field has it without the Z. NaN when it is none. */
export function readUtc(text: string): number {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\dZ?$/.test(text) ? Date.parse(`${text.replace('Z', '')}Z`) : NaN;
}

export const writeUtc = (ms: number): string => `${new Date(ms).toISOString().slice(0, 16)}Z`;

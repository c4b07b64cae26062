/** Width of a pane, milliseconds: counters are kept per pane of event time and added up to windows. */
export const PANE_MS = 5 * 60 * 1_000;

/** The sliding windows that are judged, and their length in milliseconds. */
export const windows = { '1h': 60 * 60 * 1_000, '24h': 24 * 60 * 60 * 1_000 } as const;
export type WindowName = keyof typeof windows;
export const windowNames = Object.keys(windows) as WindowName[];

export const WEEK_MS = 7 * windows['24h'];

/** Event time, milliseconds since the epoch; half-open, and whole panes. */
export interface Range {
  fromMs: number;
  toMs: number;
}

/** The start of the pane that holds the moment. */
export const paneOf = (ms: number): number => Math.floor(ms / PANE_MS) * PANE_MS;

/** Whole panes around a range. */
export function wholePanes({ fromMs, toMs }: Range): Range {
  return { fromMs: paneOf(fromMs), toMs: Math.ceil(toMs / PANE_MS) * PANE_MS };
}

/** The window up to and including the pane that is running. */
export function windowUpTo(window: WindowName, nowMs: number): Range {
  const toMs = paneOf(nowMs) + PANE_MS;
  return { fromMs: toMs - windows[window], toMs };
}

/** The window up to the end of the last whole pane: what is judged. */
export function wholeWindow(window: WindowName, nowMs: number): Range {
  const toMs = paneOf(nowMs);
  return { fromMs: toMs - windows[window], toMs };
}

import type { AlertState, Estimate, LookState, RuleDecay } from './monitor.js';

/** How a state looks; its word is always there too. */
export type Tone = 'good' | 'watch' | 'bad' | 'quiet';

const states: Record<AlertState, { word: string; tone: Tone }> = {
  OK: { word: 'OK', tone: 'good' },
  PENDING: { word: 'Pending', tone: 'watch' },
  FIRING: { word: 'Firing', tone: 'bad' },
  NO_DATA: { word: 'No data', tone: 'quiet' },
  INSUFFICIENT: { word: 'Too little data', tone: 'quiet' },
  NO_BASELINE: { word: 'No baseline', tone: 'quiet' },
};

export function stateWords(state: AlertState | `ALERT_STATE_${AlertState}` | null): { word: string; tone: Tone } {
  const known = states[(state ?? '').replace('ALERT_STATE_', '') as AlertState] as (typeof states)['OK'] | undefined;
  return known ?? { word: 'Not judged yet', tone: 'quiet' };
}

const looks: Record<LookState, { word: string; tone: Tone }> = {
  clear: { word: 'Clear', tone: 'good' },
  lingering: { word: 'Near its floor', tone: 'watch' },
  drifted: { word: 'Drifted', tone: 'watch' },
  'no-data': { word: 'No data', tone: 'quiet' },
  insufficient: { word: 'Too little data', tone: 'quiet' },
  'no-baseline': { word: 'No baseline', tone: 'quiet' },
};

/** Of one look; how grave it is when it drifted. */
export function lookWords(kind: LookState, severity = ''): { word: string; tone: Tone } {
  const { word, tone } = looks[kind];
  return severity === ''
    ? { word, tone }
    : { word: `${word}, ${severity}`, tone: severity === 'critical' ? 'bad' : tone };
}

export const ruleWords: Record<RuleDecay['state'], { word: string; tone: Tone }> = {
  held: { word: 'Holds', tone: 'good' },
  decayed: { word: 'Decayed', tone: 'watch' },
  dead: { word: 'Dead', tone: 'bad' },
  unknown: { word: 'Too few baskets', tone: 'quiet' },
};

/** To four digits. */
export const figureWords = (value: number | null): string => {
  return value === null ? '–' : new Intl.NumberFormat('en-GB', { maximumSignificantDigits: 4 }).format(value);
};

export const intervalWords = ({ low, high }: Estimate): string =>
  low === null || high === null ? '–' : `${figureWords(low)} to ${figureWords(high)}`;

/** How far something moved, as a multiple of the floor from which it is worth a warning. */
export function shiftWords(effect: number | undefined): { word: string; tone: Tone } {
  if (effect === undefined) return { word: 'Not measured', tone: 'quiet' };
  if (effect >= 2.5) return { word: 'Large shift', tone: 'bad' };
  return effect >= 1 ? { word: 'Moderate shift', tone: 'watch' } : { word: 'Small shift', tone: 'good' };
}

const whole = new Intl.NumberFormat('en-GB');
export const countWords = (count: string | number): string => whole.format(Number(count));

/** Of a share 0..1, in percent; what is not quite nothing is never told as nothing. */
export function shareWords(share: number | null): string {
  if (share === null) return '–';
  if (share > 0 && share < 0.0005) return '< 0.1 %';
  return `${(share * 100).toFixed(1)} %`;
}

export const statisticWords = (value: number | undefined): string => (value === undefined ? '–' : value.toFixed(3));

export function pValueWords(p: number | undefined): string {
  if (p === undefined) return '–';
  return p < 0.0001 ? '< 0.0001' : p.toFixed(4);
}

export const utcWords = (ms: number): string => new Date(ms).toISOString().slice(0, 16).replace('T', ' ');

/** "2026-07-01 12:00 to 13:00": the day is told twice only when there are two. */
export function rangeWords(fromMs: number, toMs: number): string {
  const [from, to] = [utcWords(fromMs), utcWords(toMs)];
  return `${from} to ${from.slice(0, 10) === to.slice(0, 10) ? to.slice(11) : to}`;
}

const units = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
] as const;

/** How long ago, roughly: "3 hours ago". */
export function agoWords(ms: number, nowMs: number): string {
  for (const [unit, lengthMs] of units) {
    const count = Math.floor((nowMs - ms) / lengthMs);
    if (count >= 1) return `${whole.format(count)} ${unit}${count === 1 ? '' : 's'} ago`;
  }
  return 'just now';
}

import { InvalidArgumentError } from 'commander';

const DURATION_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** "90s", "10m", "2h" in milliseconds. */
export function durationMs(word: string): number {
  const [, count, unit] = /^(\d{1,9})(ms|s|m|h|d)$/.exec(word) ?? [];
  if (count === undefined) throw new InvalidArgumentError('It is a number with ms, s, m, h or d: 90s, 10m, 2h');
  return Number(count) * DURATION_MS[unit as keyof typeof DURATION_MS];
}

/** "1,5,25,50,100" percent in hundredths of a percent. */
export function sharesBps(words: string): number[] {
  return words.split(',').map((word) => {
    if (!/^\d{1,3}(\.\d{1,2})?$/.test(word.trim())) {
      throw new InvalidArgumentError('They are percentages with commas between: 1,5,25,50,100');
    }
    return Math.round(Number(word) * 100);
  });
}

/** "9100" as a number; no sign, no fraction. */
export function wholeNumber(word: string): number {
  if (!/^\d{1,9}$/.test(word)) throw new InvalidArgumentError('It is a whole number, at most 999999999');
  return Number(word);
}

/** A date (UTC) or a time with its zone, in milliseconds since the epoch. */
export function timeMs(word: string): number {
  const ms = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/.test(word) ? Date.parse(word) : NaN;
  if (Number.isNaN(ms))
    throw new InvalidArgumentError('It is a date or a time with its zone: 2026-11-21, 2026-11-21T12:00Z');
  return ms;
}

/** Milliseconds since the epoch as people read them, UTC, to the second. */
export const timeOf = (ms: bigint): string => new Date(Number(ms)).toISOString().slice(0, 19).replace('T', ' ');

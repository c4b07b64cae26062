/** How far a batch is. */
export interface Progress {
  /** Rows done by this run and those before it, rejected ones counted. */
  rows: number;
  /** Rows there are; undefined: not known. */
  total: number | undefined;
  rejected: number;
  /** Rows done by this run, and in how many milliseconds. */
  ownRows: number;
  elapsedMs: number;
}

const BAR_CELLS = 24;
const number = new Intl.NumberFormat('en');

/** `[######------]  42 %  1,234,000 rows  98,000 rows/s  0:12 left  3 rejected`. */
export function progressLine(progress: Progress): string {
  const { rows, total, rejected } = progress;
  const words = [`${number.format(rows)} rows`, `${number.format(Math.round(rowsPerSecond(progress)))} rows/s`];
  if (rejected > 0) words.push(`${number.format(rejected)} rejected`);
  if (total === undefined || total === 0) return words.join('  ');
  const share = Math.min(1, rows / total);
  const full = Math.floor(share * BAR_CELLS);
  const bar = `[${'#'.repeat(full)}${'-'.repeat(BAR_CELLS - full)}] ${String(Math.floor(share * 100)).padStart(3)} %`;
  return [bar, ...words, `${clock(secondsLeft(progress))} left`].join('  ');
}

/** Of this run: what an earlier one did says nothing of now. */
export const rowsPerSecond = ({ ownRows, elapsedMs }: Progress): number =>
  elapsedMs > 0 ? (ownRows / elapsedMs) * 1_000 : 0;

/** undefined while there is no rate to tell by. */
export function secondsLeft(progress: Progress): number | undefined {
  const rate = rowsPerSecond(progress);
  if (progress.total === undefined || rate === 0) return undefined;
  return Math.max(0, progress.total - progress.rows) / rate;
}

function clock(seconds: number | undefined): string {
  if (seconds === undefined) return '?';
  const whole = Math.ceil(seconds);
  const [hours, minutes] = [Math.floor(whole / 3_600), Math.floor(whole / 60) % 60];
  const parts = [...(hours > 0 ? [hours, String(minutes).padStart(2, '0')] : [minutes]), pad(whole % 60)];
  return parts.join(':');
}

const pad = (value: number): string => String(value).padStart(2, '0');

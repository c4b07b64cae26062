/** A finite number as files write it; undefined where the text is none, the empty one among them. */
export function numberOf(text: string): number | undefined {
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}

const TIME = /^(\d{4})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?)?\s*(Z|[+-]\d\d(?::?\d\d)?)?$/;
const [YEAR_MIN, YEAR_MAX] = [1900, 2199];
const MINUTE_MS = 60_000;

/**
 * A day or a moment in ISO 8601, with a blank for the T if need be, in milliseconds since the epoch; UTC where no zone
 * is named. undefined where the text is none, or names a day or an hour that no calendar or clock has.
 */
export function timeOf(text: string): number | undefined {
  const match = TIME.exec(text);
  if (!match) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1, 7)
    .map((part) => Number(part ?? 0));
  const fractionMs = Math.floor(Number(`0.${match[7] ?? 0}`) * 1_000);
  const ms = Date.UTC(year, month - 1, day, hour, minute, second, fractionMs);
  const onCalendar = new Date(Date.UTC(year, month - 1, day)).getUTCDate() === day && month >= 1 && month <= 12;
  if (!onCalendar || year < YEAR_MIN || year > YEAR_MAX || hour > 23 || minute > 59 || second > 59) return undefined;
  return ms - zoneMinutes(match[8]) * MINUTE_MS;
}

function zoneMinutes(zone: string | undefined): number {
  if (zone === undefined || zone === 'Z') return 0;
  const [, sign, hours, minutes = '0'] = /^([+-])(\d\d):?(\d\d)?$/.exec(zone) as RegExpExecArray;
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}

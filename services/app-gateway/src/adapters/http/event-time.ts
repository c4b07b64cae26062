import { timingSafeEqual } from 'node:crypto';
import { ApiHeader } from '@nestjs/swagger';
import { Problem } from '@vinaigrette/problems';

/** The header in which a trusted caller proves itself. */
export const TOKEN_HEADER = 'x-vinaigrette-token';

/** Says so in the reference of a route. */
export const TakesToken = () =>
  ApiHeader({ name: TOKEN_HEADER, required: false, description: 'Of a trusted caller, who may send occurredAt' });

/** Who may say when something happened: whoever sends the token. Without one configured, nobody. */
export class EventTimes {
  constructor(private readonly token: string | undefined) {}

  /** Milliseconds since the epoch; undefined when the caller does not say. Throws EVENT_TIME_NOT_TRUSTED. */
  read(occurredAt: string | number | undefined, token: string | undefined): number | undefined {
    if (occurredAt === undefined) return undefined;
    if (!this.token || !token || !equal(this.token, token)) {
      throw new Problem('EVENT_TIME_NOT_TRUSTED', 'occurredAt is taken from trusted callers only', {
        field: 'occurredAt',
      });
    }
    return typeof occurredAt === 'number' ? occurredAt : Date.parse(occurredAt);
  }
}

/** In a time that does not tell how much of it was right. */
function equal(expected: string, given: string): boolean {
  const [a, b] = [Buffer.from(expected), Buffer.from(given)];
  return a.length === b.length && timingSafeEqual(a, b);
}

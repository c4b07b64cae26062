/** The time, milliseconds since the epoch. Tests set it. */
export class Clock {
  now(): number {
    return Date.now();
  }
}

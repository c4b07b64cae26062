import type { Archive } from './archive.js';

const DAY_MS = 24 * 60 * 60 * 1_000;

/** Keeps the archive in order: ends what was interrupted, deletes old days, makes one file of each day that is over. */
export class KeepArchive {
  constructor(
    private readonly archive: Archive,
    private readonly days: number,
  ) {}

  async run(nowMs: number): Promise<void> {
    await this.archive.recover();
    await this.archive.forget(dayOf(nowMs - this.days * DAY_MS));
    const files = await this.archive.files();
    const over = files.filter(({ day }) => day < dayOf(nowMs - DAY_MS));
    for (const key of new Set(over.map(({ topic, day }) => `${topic} ${day}`))) {
      const [topic, day] = key.split(' ') as [(typeof over)[number]['topic'], string];
      await this.archive.merge(topic, day);
    }
  }
}

const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

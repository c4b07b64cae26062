import type { CountEvents } from './count-events.js';
import type { KnownVersions } from './known-versions.js';
import type { LearnVersions } from './learn-versions.js';
import type { Ledger } from './ledger.js';
import type { MonitorMetrics } from './metrics.js';

/** Counts what had to wait for its version; asks the registry for versions nobody has told of. */
export class CountParked {
  constructor(
    private readonly ledger: Ledger,
    private readonly known: KnownVersions,
    private readonly versions: LearnVersions,
    private readonly events: CountEvents,
    private readonly metrics: MonitorMetrics,
    private readonly now: () => number,
  ) {}

  /** Once through everything that is parked; how many records were taken out. */
  async run(): Promise<number> {
    let counted = 0;
    const parked = await this.ledger.parkedVersions();
    if (parked.length > 0) await this.versions.recall();
    let waiting = 0;
    for (const { model, version, schemaId, records } of parked) {
      const asked = this.known.of(model, version) ?? ((await this.versions.ask(model, version)) || undefined);
      const known = asked && this.known.of(model, version);
      if (known?.schemaId !== schemaId) {
        waiting += records;
        continue;
      }
      for (;;) {
        const entries = await this.ledger.unpark(known, (body) => this.events.read('predictions', { body }));
        if (entries.length === 0) break;
        counted += entries.length;
        this.metrics.countEntries('predictions', entries, this.now());
      }
    }
    this.metrics.parked.set(waiting);
    return counted;
  }
}

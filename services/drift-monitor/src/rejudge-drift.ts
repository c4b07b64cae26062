import type { DriftPolicy } from '@vinaigrette/documents';
import type { Selection } from './domain/drift-query.js';
import { windows, type Range } from './domain/pane.js';
import { rejudge, type WouldBePage } from './domain/rejudge.js';
import type { DriftPolicies } from './drift-policies.js';
import type { KnownVersions } from './known-versions.js';
import type { Panes } from './panes.js';
import type { ReadDrift } from './read-drift.js';

export interface Rejudged {
  version: number;
  /** One a pane. */
  looks: number;
  inForce: WouldBePage[];
  proposed: WouldBePage[];
}

/** How many pages another policy would have sent in a range, beside those of the policy in force. */
export class RejudgeDrift {
  constructor(
    private readonly panes: Panes,
    private readonly known: KnownVersions,
    private readonly policies: DriftPolicies,
    private readonly drift: ReadDrift,
  ) {}

  /** Throws as `ReadDrift.versionOf`. */
  async run(selection: Pick<Selection, 'model' | 'version'>, range: Range, proposed: DriftPolicy): Promise<Rejudged> {
    const { model } = selection;
    const version = await this.drift.versionOf({ ...selection, variant: '', segment: '' });
    const known = this.known.of(model, version) ?? {};
    // The first look sees the whole of the longest window.
    const fromMs = range.fromMs - windows['24h'];
    const rows = await this.panes.rows({ model, version, variant: '' }, { fromMs, toMs: range.toMs });
    const { looks, pages } = rejudge(known, rows, range, this.policies.of(model).policy);
    return { version, looks, inForce: pages, proposed: rejudge(known, rows, range, proposed).pages };
  }
}

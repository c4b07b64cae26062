import type { Alerts } from './alerts.js';
import type { AlertState } from './domain/alert.js';
import type { KnownVersions } from './known-versions.js';
import type { ModelVersions } from './model-versions.js';
import type { Panes } from './panes.js';
import { RULES_FILE } from './read-rule-decay.js';
import type { WantedNow } from './wanted-now.js';

export interface ListedVersion {
  version: number;
  /** Whether an alias names it now, as far as the registry was heard. */
  wanted: boolean;
  /** Whether the registry has told of it. */
  known: boolean;
  hasBaseline: boolean;
  /** Whether the registry wants it and it brought association rules, whose decay can be read. */
  hasRules: boolean;
  /** Names of the baseline's features, in its order. */
  features: string[];
  /** null: not judged. */
  state: AlertState | null;
  /** Counted ever. */
  predictions: number;
  /** Starts of the first and last pane with a prediction, event time; null: none was counted. */
  oldestPaneMs: number | null;
  newestPaneMs: number | null;
}
export interface ListedModel {
  model: string;
  /** Newest first. */
  versions: ListedVersion[];
}

/** Every model version that was learned or counted. */
export class ListModels {
  constructor(
    private readonly panes: Panes,
    private readonly versions: ModelVersions,
    private readonly known: KnownVersions,
    private readonly alerts: Alerts,
    private readonly wantedNow: WantedNow,
  ) {}

  async list(): Promise<ListedModel[]> {
    const [counted, wanted, alerts] = [
      await this.panes.counted(),
      await this.versions.wanted(),
      await this.alerts.list(''),
    ];
    const same = (model: string, version: number) => (row: { model: string; version: number }) =>
      row.model === model && row.version === version;
    const models = new Map<string, Map<number, ListedVersion>>();
    for (const { model, version } of [...this.known.all(), ...counted]) {
      const is = same(model, version);
      const known = this.known.of(model, version);
      const panes = counted.find(is);
      const listed: ListedVersion = {
        version,
        wanted: wanted.some(is),
        known: known !== undefined,
        hasBaseline: known?.grid !== undefined,
        hasRules: this.hasRules(model, version),
        features: known?.grid?.baseline.features.map(({ name }) => name) ?? [],
        state: alerts.find(is)?.verdict.state ?? null,
        predictions: panes?.predictions ?? 0,
        oldestPaneMs: panes?.oldestPaneMs ?? null,
        newestPaneMs: panes?.newestPaneMs ?? null,
      };
      models.set(model, (models.get(model) ?? new Map<number, ListedVersion>()).set(version, listed));
    }
    return [...models]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([model, versions]) => ({ model, versions: [...versions.values()].sort((a, b) => b.version - a.version) }));
  }

  private hasRules(model: string, version: number): boolean {
    const wanted = this.wantedNow.model(model)?.versions.find((one) => one.version === version);
    return wanted?.files.some(({ path }) => path === RULES_FILE) ?? false;
  }
}

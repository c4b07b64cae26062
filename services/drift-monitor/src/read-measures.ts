import type { PerformancePolicy } from '@vinaigrette/documents';
import { Problem } from '@vinaigrette/problems';
import type { DriftQuery, Selection } from './domain/drift-query.js';
import type { Estimate } from './domain/intervals.js';
import type { Range } from './domain/pane.js';
import type { MeasureKpis, Worth } from './measure-kpis.js';
import type { MeasuredPerformance, MeasurePerformance } from './measure-performance.js';
import type { ReadDrift } from './read-drift.js';
import type { ReadRuleDecay, RuleDecays } from './read-rule-decay.js';
import type { WantedNow } from './wanted-now.js';

/** How models without a `performance` document are measured: by what was clicked or bought of what was shown. */
const byDefault: Pick<PerformancePolicy, 'task' | 'maturityMs'> = {
  task: { kind: 'ranking', kinds: ['clicked', 'purchased'] },
  maturityMs: 86_400_000,
};

type About = Selection & { version: number } & Range;
export type Measures = About & MeasuredPerformance & { document: string };
export type Kpis = About & { kpis: (Estimate & { kpi: string; kpiVersion: number })[] };
export type Worths = About & Worth & { kpi: string; kpiVersion: number; says: string };
export type Rules = Pick<About, 'model' | 'version' | 'fromMs' | 'toMs'> & RuleDecays;

/** How right a version was, what it earns, and whether its rules hold, by the documents in force. */
export class ReadMeasures {
  constructor(
    private readonly performance: MeasurePerformance,
    private readonly kpis: MeasureKpis,
    private readonly decay: ReadRuleDecay,
    private readonly wanted: WantedNow,
    private readonly drift: ReadDrift,
  ) {}

  /** Every measure of the model's task with its 95 % interval, coverage and maturity. Throws as `ReadDrift.versionOf`. */
  async measures(query: DriftQuery): Promise<Measures> {
    const { selection, range } = await this.about(query);
    const document = this.wanted.documents('performance').find(({ body }) => body.model === selection.model);
    const measured = await this.performance.measure(document?.body ?? byDefault, selection, range);
    return { ...selection, ...range, document: document ? `${document.name} ${document.version}` : '', ...measured };
  }

  /** Every KPI of the model, by its definition of now. */
  async kpisOf(query: DriftQuery): Promise<Kpis> {
    const { selection, range } = await this.about(query);
    const kpis: Kpis['kpis'] = [];
    for (const { name, version, body } of this.definitions(selection.model)) {
      kpis.push({ kpi: name, kpiVersion: version, ...(await this.kpis.measure(body, selection, range)) });
    }
    return { ...selection, ...range, kpis };
  }

  /** What the model earns beside the holdout, by the KPI named, or its first. Throws DOCUMENT_NOT_FOUND. */
  async worth(query: DriftQuery, kpi: unknown): Promise<Worths> {
    const { selection, range } = await this.about(query);
    const found = this.definitions(selection.model);
    const document = kpi === undefined || kpi === '' ? found[0] : found.find(({ name }) => name === kpi);
    if (!document) {
      throw new Problem('DOCUMENT_NOT_FOUND', `There is no kpi of ${selection.model} in force by that name`, {
        field: 'kpi',
      });
    }
    const worth = await this.kpis.worth(document.body, selection, range);
    const { value, low, high } = worth.per1000;
    const says =
      value === null || low === null || high === null
        ? 'Not known: it takes answers of the model and of a holdout'
        : `${selection.model} ${selection.version} earns ${figure(value)} (${figure(low)} to ${figure(high)}, 95 %) ${document.name} per 1,000 predictions more than the holdout`;
    return { ...selection, ...range, kpi: document.name, kpiVersion: document.version, ...worth, says };
  }

  /** Whether each served association rule still holds; ask for a week or more. */
  async rules(query: DriftQuery): Promise<Rules> {
    const { selection, range } = await this.about(query);
    const { model, version } = selection;
    return { model, version, ...range, ...(await this.decay.read(model, version, range)) };
  }

  private definitions(model: string) {
    return this.wanted.documents('kpi').filter(({ body }) => body.model === model);
  }

  private async about({ selection, range }: DriftQuery) {
    return { selection: { ...selection, version: await this.drift.versionOf(selection) }, range };
  }
}

const figure = (value: number): string => String(Number(value.toPrecision(4)));

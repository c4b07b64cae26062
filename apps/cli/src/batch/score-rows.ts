import { GatherCircumstances, type ReadyUseCase, type ShopTables } from '@vinaigrette/app-gateway/parts';
import type { PredictionUseCase, RecommendationUseCase, UseCase } from '@vinaigrette/documents';
import { problemOf } from '@vinaigrette/problems';
import type { OutputValue, Tensors } from '@vinaigrette/serving';
import type { AskVersion } from '../adapters/ask-version.js';
import {
  givenInputs,
  itemsOf,
  offeredItems,
  outputsOf,
  questionOf,
  type RowAsked,
  type RowQuestion,
} from '../domain/answer-row.js';
import { versionColumns, type BatchPlan } from '../domain/batch-plan.js';
import {
  isPlain,
  plainColumns,
  plainTensors,
  rowAsked,
  type BatchRows,
  type Rejected,
  type ScoredRows,
} from '../domain/batch-rows.js';
import { AskRows } from './ask-rows.js';

/** Longest a lookup may take, in milliseconds: here nobody waits for a page. */
export const LOOKUP_MS = 1_000;

interface Asked {
  row: number;
  unit: string | undefined;
  question: RowQuestion;
}

/** Answers rows as the gateway would, except that it takes its time: the same inputs, model, rules and lookups. */
export class ScoreRows {
  private readonly useCase: ReadyUseCase;
  private readonly shop: GatherCircumstances;
  private readonly plain: boolean;
  private readonly rows: AskRows;

  constructor(
    useCase: ReadyUseCase,
    private readonly plan: BatchPlan,
    version: Pick<AskVersion, 'ask'>,
    private readonly tables: ShopTables,
  ) {
    this.useCase = { ...useCase, document: patient(useCase.document) };
    this.shop = new GatherCircumstances(tables);
    this.plain = isPlain(useCase);
    this.rows = new AskRows(version, useCase.document.kind === 'recommendation' ? 'padded' : 'exact');
  }

  /** `now`: what the rules take for the time. Rejects when the model server stays away. */
  async score(rows: BatchRows, now: Date): Promise<ScoredRows> {
    const inputs = this.plain ? plainTensors(this.useCase, rows) : undefined;
    const scored = inputs ? await this.scorePlain(rows, inputs) : await this.scoreOneByOne(rows, now);
    const { wanted, version, ruleSet } = this.useCase;
    scored.shared.set('model_version', wanted.version);
    scored.shared.set('use_case_version', version);
    if (ruleSet) scored.shared.set('rule_set_version', ruleSet.version);
    scored.shared.set('scored_at', now.toISOString());
    return scored;
  }

  private async scorePlain(rows: BatchRows, inputs: Tensors): Promise<Scored> {
    const unit = this.plan.read.find(({ use }) => use === 'unit')?.name;
    const units = (unit === undefined ? undefined : rows.columns.get(unit)) ?? [];
    const scored = nothingScored(rows.count);
    let at = 0;
    for (const answered of await this.rows.joined(inputs, rows.count)) {
      if ('refused' in answered)
        scored.rejected.push(rejection(rows.first + at, 'SIGNATURE_MISMATCH', answered.refused));
      else {
        for (let row = at; row < at + answered.rows; row++) {
          scored.numbers.push(rows.first + row);
          scored.units.push(units[row] as string | undefined);
        }
        for (const [name, values] of plainColumns(this.plan, answered.outputs, answered.rows)) {
          scored.columns.set(name, scored.columns.get(name)?.concat(values) ?? values);
        }
      }
      at += answered.rows;
    }
    return scored;
  }

  private async scoreOneByOne(rows: BatchRows, now: Date): Promise<Scored> {
    const scored = nothingScored(rows.count);
    const asked = await this.questions(rows, now, scored.rejected);
    const answers = await this.rows.each(asked.map(({ question }) => question.inputs));
    const answered = asked.flatMap((one, at) => {
      const answer = answers[at]!;
      if (answer.ok) return [{ ...one, outputs: answer.outputs }];
      scored.rejected.push(rejection(rows.first + one.row, 'SIGNATURE_MISMATCH', answer.why));
      return [];
    });
    const { document } = this.useCase;
    const values =
      document.kind === 'recommendation'
        ? await this.recommend(this.useCase as ReadyUseCase<RecommendationUseCase>, answered)
        : answered.map(({ question, outputs: raw }) => {
            const { outputs, fired } = outputsOf(this.useCase as ReadyUseCase<PredictionUseCase>, question, raw);
            return { ...outputs, fired_rules: fired };
          });
    scored.numbers = answered.map(({ row }) => rows.first + row);
    scored.units = answered.map(({ unit }) => unit);
    for (const { name } of this.plan.written) {
      if (versionColumns.some((column) => column.name === name)) continue;
      scored.columns.set(
        name,
        values.map((value) => (value as Record<string, OutputValue>)[name]),
      );
    }
    scored.rejected.sort((a, b) => Number(a.where.slice(4)) - Number(b.where.slice(4)));
    return scored;
  }

  private async questions(rows: BatchRows, now: Date, rejected: Rejected[]): Promise<Asked[]> {
    const { document } = this.useCase;
    const all = Array.from({ length: rows.count }, (_, row) => rowAsked(rows, this.plan.read, row));
    await this.lookUpCustomers(document, all);
    const asked: Asked[] = [];
    for (const [row, one] of all.entries()) {
      const found = rows.unreadable[row];
      if (found !== undefined) {
        rejected.push(rejection(rows.first + row, 'SIGNATURE_MISMATCH', found));
        continue;
      }
      try {
        const circumstances = await this.circumstances(document, one, now);
        asked.push({ row, unit: one.unit, question: questionOf(this.useCase, one, circumstances) });
      } catch (error) {
        const { code, message } = problemOf(error);
        rejected.push(rejection(rows.first + row, code, message));
      }
    }
    return asked;
  }

  private circumstances(document: UseCase, row: RowAsked, now: Date) {
    const { unit, attributes, context, basket } = row;
    const customer = unit === undefined ? undefined : { id: unit, attributes };
    const inputs = document.kind === 'prediction' ? givenInputs(document, row, this.useCase) : undefined;
    return this.shop.of(document, { context, customer, basket, inputs, nowMs: now.getTime() }, LOOKUP_MS);
  }

  /** All at once, so that each row finds its own in the cache. */
  private async lookUpCustomers({ lookups }: UseCase, rows: readonly RowAsked[]): Promise<void> {
    const units = [...new Set(rows.flatMap(({ unit }) => unit ?? []))];
    if (lookups.customer && units.length > 0) await this.tables.rows(lookups.customer, units, LOOKUP_MS);
  }

  private async recommend(
    useCase: ReadyUseCase<RecommendationUseCase>,
    answered: readonly (Asked & { outputs: Tensors })[],
  ): Promise<object[]> {
    const offers = answered.map(({ question, outputs }) => offeredItems(useCase, question, outputs));
    const skus = new Set(offers.flatMap(({ items }) => items.map(({ sku }) => sku)));
    for (const sku of useCase.ruleSet?.rules.pinned ?? []) skus.add(sku);
    const catalogue = await this.shop.catalogue(useCase.document, [...skus], LOOKUP_MS);
    return answered.map(({ question }, at) => {
      const { shown, offered, fallback, fired } = itemsOf(useCase, question, offers[at]!, catalogue);
      return { items: shown, offered, fallback, fired_rules: fired };
    });
  }
}

interface Scored extends ScoredRows {
  numbers: number[];
  units: (string | undefined)[];
  columns: Map<string, (OutputValue | object | undefined)[]>;
  shared: Map<string, number | string>;
  rejected: Rejected[];
}

const nothingScored = (rowsRead: number): Scored => ({
  rowsRead,
  numbers: [],
  units: [],
  columns: new Map(),
  shared: new Map(),
  rejected: [],
});

const rejection = (row: number, code: string, why: string): Rejected => ({ where: `row ${row}`, code, why });

/** The same document with all the time in the world for its lookups. */
export function patient<T extends UseCase>(document: T): T {
  const { customer, catalogue } = document.lookups;
  return {
    ...document,
    lookups: {
      ...(customer ? { customer: { ...customer, timeoutMs: LOOKUP_MS } } : {}),
      ...(catalogue ? { catalogue: { ...catalogue, timeoutMs: LOOKUP_MS } } : {}),
    },
  };
}

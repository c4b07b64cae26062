import { GatherCircumstances, type ReadyUseCase, type ShopTables } from '@vinaigrette/app-gateway/parts';
import type { PredictionUseCase, RecommendationUseCase, UseCase } from '@vinaigrette/documents';
import { problemOf } from '@vinaigrette/problems';
import { joiningKey, joinRows, sameAnswer, splitRows, type OutputValue, type Tensors } from '@vinaigrette/serving';
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

/** So many rows must be answered joined as they are alone before rows are joined. */
const ROWS_TO_PROVE = 32;

/** Questions that go out at a time where rows cannot be joined. */
const ALONE_AT_A_TIME = 32;

/** Longest a lookup may take, in milliseconds: here nobody waits for a page. */
const LOOKUP_MS = 1_000;

/** Answers to consecutive rows, or why the model refused a row. */
type Answered = { rows: number; outputs: Tensors } | { rows: 1; refused: string };

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
  private joins: Promise<boolean> | undefined;

  constructor(
    useCase: ReadyUseCase,
    private readonly plan: BatchPlan,
    private readonly version: Pick<AskVersion, 'ask'>,
    private readonly tables: ShopTables,
  ) {
    this.useCase = { ...useCase, document: patient(useCase.document) };
    this.shop = new GatherCircumstances(tables);
    this.plain = isPlain(useCase);
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
    for (const answered of await this.ask(inputs, rows.count)) {
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
    const answers = await this.answers(asked.map(({ question }) => question.inputs));
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

  /** Of questions that may differ in shape: those of one shape share a call. */
  private async answers(
    questions: readonly Tensors[],
  ): Promise<({ ok: true; outputs: Tensors } | { ok: false; why: string })[]> {
    const joining = this.useCase.document.kind === 'recommendation' ? 'padded' : 'exact';
    const groups = new Map<string, number[]>();
    for (const [at, inputs] of questions.entries()) {
      const key = joiningKey(inputs, joining) ?? `alone ${at}`;
      const group = groups.get(key);
      if (group) group.push(at);
      else groups.set(key, [at]);
    }
    const answers = new Array<{ ok: true; outputs: Tensors } | { ok: false; why: string }>(questions.length);
    for (const group of groups.values()) {
      let next = 0;
      for (const answered of await this.ask(joinRows(group.map((at) => questions[at]!)), group.length)) {
        if ('refused' in answered) answers[group[next++]!] = { ok: false, why: answered.refused };
        else for (const outputs of rowsOf(answered)) answers[group[next++]!] = { ok: true, outputs };
      }
    }
    return answers;
  }

  /** What is refused is halved until the row is found that is to blame. */
  private async ask(inputs: Tensors, rows: number): Promise<Answered[]> {
    if (rows > 1 && !(await (this.joins ??= this.proveJoining(inputs, rows)))) return this.askAlone(inputs, rows);
    const answer = await this.version.ask(inputs);
    if (answer.ok) return [{ rows, outputs: answer.outputs }];
    if (rows === 1) return [{ rows: 1, refused: answer.why }];
    const [half, all] = [rows >> 1, splitRows(inputs, rows)!];
    const first = await this.ask(joinRows(all.slice(0, half)), half);
    return [...first, ...(await this.ask(joinRows(all.slice(half)), rows - half))];
  }

  private async askAlone(inputs: Tensors, rows: number): Promise<Answered[]> {
    const all = splitRows(inputs, rows)!;
    const answered: Answered[] = [];
    for (let at = 0; at < rows; at += ALONE_AT_A_TIME) {
      const some = all.slice(at, at + ALONE_AT_A_TIME).map((one) => this.ask(one, 1));
      for (const [answer] of await Promise.all(some)) answered.push(answer!);
    }
    return answered;
  }

  /** Whether the first rows, joined, are answered as each alone; a refusal of one of them says nothing. */
  private async proveJoining(inputs: Tensors, rows: number): Promise<boolean> {
    const first = splitRows(inputs, rows)?.slice(0, ROWS_TO_PROVE);
    if (!first) return false;
    const alone = await Promise.all(first.map((one) => this.version.ask(one)));
    const taken = first.filter((_, at) => alone[at]!.ok);
    if (taken.length === 0) return true;
    const joined = await this.version.ask(joinRows(taken));
    const split = joined.ok ? splitRows(joined.outputs, taken.length) : undefined;
    const answers = alone.flatMap((answer) => (answer.ok ? [answer.outputs] : []));
    return split !== undefined && answers.every((answer, at) => sameAnswer(answer, split[at]!));
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

const rowsOf = ({ rows, outputs }: { rows: number; outputs: Tensors }): Tensors[] => splitRows(outputs, rows) ?? [];

/** The same document with all the time in the world for its lookups. */
function patient<T extends UseCase>(document: T): T {
  const { customer, catalogue } = document.lookups;
  return {
    ...document,
    lookups: {
      ...(customer ? { customer: { ...customer, timeoutMs: LOOKUP_MS } } : {}),
      ...(catalogue ? { catalogue: { ...catalogue, timeoutMs: LOOKUP_MS } } : {}),
    },
  };
}

import { joiningKey, joinRows, sameAnswer, splitRows, type Joining, type Tensors } from '@vinaigrette/serving';
import type { AskVersion } from '../adapters/ask-version.js';

/** So many rows must be answered joined as they are alone before rows are joined. */
const ROWS_TO_PROVE = 32;

/** Questions that go out at a time where rows cannot be joined. */
const ALONE_AT_A_TIME = 32;

/** Answers to consecutive rows, or why the model refused a row. */
export type RowsAnswered = { rows: number; outputs: Tensors } | { rows: 1; refused: string };

export type RowAnswer = { ok: true; outputs: Tensors } | { ok: false; why: string };

/** Asks a version for many rows in one call, once it was seen that it answers joined rows as it does each alone. */
export class AskRows {
  private joins: Promise<boolean> | undefined;

  constructor(
    private readonly version: Pick<AskVersion, 'ask'>,
    private readonly joining: Joining,
  ) {}

  /** Of questions that may differ in shape: those of one shape share a call. */
  async each(questions: readonly Tensors[]): Promise<RowAnswer[]> {
    const groups = new Map<string, number[]>();
    for (const [at, inputs] of questions.entries()) {
      const key = joiningKey(inputs, this.joining) ?? `alone ${at}`;
      const group = groups.get(key);
      if (group) group.push(at);
      else groups.set(key, [at]);
    }
    const answers = new Array<RowAnswer>(questions.length);
    for (const group of groups.values()) {
      let next = 0;
      for (const answered of await this.joined(joinRows(group.map((at) => questions[at]!)), group.length)) {
        if ('refused' in answered) answers[group[next++]!] = { ok: false, why: answered.refused };
        else for (const outputs of rowsOf(answered)) answers[group[next++]!] = { ok: true, outputs };
      }
    }
    return answers;
  }

  /** What is refused is halved until the row is found that is to blame. */
  async joined(inputs: Tensors, rows: number): Promise<RowsAnswered[]> {
    if (rows > 1 && !(await (this.joins ??= this.proveJoining(inputs, rows)))) return this.askAlone(inputs, rows);
    const answer = await this.version.ask(inputs);
    if (answer.ok) return [{ rows, outputs: answer.outputs }];
    if (rows === 1) return [{ rows: 1, refused: answer.why }];
    const [half, all] = [rows >> 1, splitRows(inputs, rows)!];
    const first = await this.joined(joinRows(all.slice(0, half)), half);
    return [...first, ...(await this.joined(joinRows(all.slice(half)), rows - half))];
  }

  private async askAlone(inputs: Tensors, rows: number): Promise<RowsAnswered[]> {
    const all = splitRows(inputs, rows)!;
    const answered: RowsAnswered[] = [];
    for (let at = 0; at < rows; at += ALONE_AT_A_TIME) {
      const some = all.slice(at, at + ALONE_AT_A_TIME).map((one) => this.joined(one, 1));
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

const rowsOf = ({ rows, outputs }: { rows: number; outputs: Tensors }): Tensors[] => splitRows(outputs, rows) ?? [];

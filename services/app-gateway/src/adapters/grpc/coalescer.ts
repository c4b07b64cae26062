import { context, type Context } from '@opentelemetry/api';
import { type Joining, joiningKey, joinRows, sameAnswer, splitRows, type Tensors } from '@vinaigrette/serving';
import { afterComparison, openJoining, provedJoining, unproved, type JoinProof } from '../../domain/join-proof.js';
import type { ModelAnswer } from '../../domain/model-answer.js';

/** So many calls of one version go out at a time; what comes meanwhile shares the next one. */
const CALLS_MAX = 4;

/** Of a version whose calls come back soon, fewer go out at a time: so more questions share each. */
const SOON_MS = 10;
const CALLS_MAX_IF_SOON = 2;

/** Most questions in one call; fewer where a server is seen to refuse so many rows. */
const ROWS_MAX = 64;

/** One call: the inputs of one or several questions, until when, and within which traces they were asked. */
export type Call = (inputs: Tensors, deadlineMs: number, askers: readonly Context[]) => Promise<ModelAnswer>;

interface Waiting {
  inputs: Tensors;
  asker: Context;
  deadlineMs: number;
  answer: (answer: ModelAnswer) => void;
  answered: boolean;
}

/**
 * Joins the questions that wait for one version of one model into one call, since a call costs far more than a row.
 * Nothing waits on an idle connection. Whether the rows of a graph are independent is not known here, so a version's
 * questions are joined only once that was seen: copies of real questions, joined, must answer as they did alone.
 */
export class Coalescer {
  private waiting: Waiting[] = [];
  /** Not answered yet, whether asked or waiting. */
  private readonly open = new Set<Waiting>();
  /** One timer for all of them: its price is not one of each question. */
  private alarm: { atMs: number; timer: NodeJS.Timeout } | undefined;
  private calls = 0;
  /** How long the last call took. */
  private tookMs = 0;
  private planned = false;
  private comparing = false;
  /** The version that answered last; an alias may have moved on. */
  private version = 0;
  private proof: JoinProof = unproved;
  private rowsMax = ROWS_MAX;

  constructor(private readonly call: Call) {}

  ask(inputs: Tensors, deadlineMs: number): Promise<ModelAnswer> {
    return new Promise((resolve) => {
      const question: Waiting = { inputs, asker: context.active(), deadlineMs, answer: resolve, answered: false };
      this.open.add(question);
      if (!this.alarm || deadlineMs < this.alarm.atMs) this.wakeAt(deadlineMs);
      this.waiting.push(question);
      this.plan();
    });
  }

  private wakeAt(atMs: number): void {
    clearTimeout(this.alarm?.timer);
    const timer = setTimeout(() => this.giveUpLate(), Math.max(0, Math.ceil(atMs - performance.now())));
    this.alarm = { atMs, timer };
  }

  private giveUpLate(): void {
    this.alarm = undefined;
    const nowMs = performance.now();
    let nextMs = Infinity;
    for (const question of this.open) {
      if (question.deadlineMs > nowMs) nextMs = Math.min(nextMs, question.deadlineMs);
      else this.settle(question, { ok: false, reason: 'timeout', why: 'it did not answer in time' });
    }
    if (nextMs < Infinity) this.wakeAt(nextMs);
  }

  /** After everything that has arrived by now was read: what came together goes together. */
  private plan(): void {
    if (this.planned) return;
    this.planned = true;
    setImmediate(() => {
      this.planned = false;
      this.send();
    });
  }

  private send(): void {
    this.waiting = this.waiting.filter(({ answered }) => !answered);
    const joining = provedJoining(this.proof);
    if (!joining || this.paddingIsOpen()) {
      void this.sendAlone(this.waiting.splice(0));
      return;
    }
    const callsMax = this.tookMs < SOON_MS ? CALLS_MAX_IF_SOON : CALLS_MAX;
    while (this.waiting.length > 0 && this.calls < callsMax) {
      const batch = this.takeBatch(joining);
      if (batch.length === 1) void this.sendAlone(batch);
      else void this.sendJoined(batch);
    }
  }

  /** Lists of different lengths wait, and whether they may be padded to one is not known yet: worth a comparison. */
  private paddingIsOpen(): boolean {
    if (this.comparing || openJoining(this.proof) !== 'padded' || this.waiting.length < 2) return false;
    return new Set(this.waiting.map(({ inputs }) => joiningKey(inputs, 'exact'))).size > 1;
  }

  private takeBatch(joining: Joining): Waiting[] {
    const [head] = this.waiting as [Waiting];
    const key = joiningKey(head.inputs, joining);
    const [batch, rest]: [Waiting[], Waiting[]] = [[], []];
    for (const question of this.waiting) {
      const joins =
        question === head ||
        (key !== undefined && batch.length < this.rowsMax && joiningKey(question.inputs, joining) === key);
      (joins ? batch : rest).push(question);
    }
    this.waiting = rest;
    return batch;
  }

  private sendAlone(questions: readonly Waiting[]): readonly Promise<ModelAnswer>[] {
    const answers = questions.map(async (question) => {
      const answer = await this.counted(question.inputs, question.deadlineMs, [question.asker]);
      this.heard(answer);
      this.settle(question, answer);
      return answer;
    });
    if (questions.length > 1) void this.compare(questions, answers);
    return answers;
  }

  private async sendJoined(batch: readonly Waiting[]): Promise<void> {
    const proved = this.version;
    const deadlineMs = batch.reduce((latest, question) => Math.max(latest, question.deadlineMs), 0);
    const answer = await this.counted(
      joinRows(batch.map(({ inputs }) => inputs)),
      deadlineMs,
      batch.map(({ asker }) => asker),
    );
    const rows = answer.ok && answer.version === proved ? splitRows(answer.outputs, batch.length) : undefined;
    if (answer.ok && rows) {
      batch.forEach((question, row) => this.settle(question, { ...answer, outputs: rows[row] ?? {} }));
    } else if (!answer.ok && (answer.reason === 'timeout' || answer.reason === 'unavailable')) {
      for (const question of batch) this.settle(question, answer);
    } else {
      // One of them is bad, or another version answers, whose rows may not be independent: each for itself.
      this.heard(answer);
      const alone = await Promise.all(this.sendAlone(batch.filter(({ answered }) => !answered)));
      if (!answer.ok && alone.every(({ ok }) => ok)) this.tooMany(batch.length);
    }
  }

  /** Asks the same once more, joined, and nobody waits for it. */
  private async compare(questions: readonly Waiting[], alone: readonly Promise<ModelAnswer>[]): Promise<void> {
    const joining = openJoining(this.proof);
    const key = joining && joiningKey(questions[0]!.inputs, joining);
    if (this.comparing || !joining || key === undefined) return;
    const chosen = [...questions.keys()]
      .filter((at) => joiningKey(questions[at]!.inputs, joining) === key)
      .slice(0, this.rowsMax);
    const inputs = chosen.map((at) => questions[at]!.inputs);
    if (inputs.length < 2) return;
    const widths = new Set(inputs.map((one) => joiningKey(one, 'exact')));
    this.comparing = true;
    const [joined, ...singles] = await Promise.all([
      this.call(joinRows(inputs), Math.max(...chosen.map((at) => questions[at]!.deadlineMs)), []),
      ...chosen.map((at) => alone[at]!),
    ]);
    this.comparing = false;
    const rows = joined.ok && joined.version === this.version ? splitRows(joined.outputs, inputs.length) : undefined;
    const comparable = singles.every((single) => single.ok && single.version === this.version);
    // Without the answers of all nothing is learnt; a refusal of what each was answered alone is one.
    if (!comparable || (!joined.ok && joined.reason !== 'refused' && joined.reason !== 'failed')) return;
    if (joined.ok && joined.version !== this.version) return;
    if (!joined.ok && inputs.length > 2) return this.tooMany(inputs.length); // two rows tell whether any may be joined
    const same =
      rows !== undefined && singles.every((single, at) => single.ok && sameAnswer(single.outputs, rows[at]!));
    this.proof = afterComparison(this.proof, widths.size > 1 ? 'padded' : 'exact', inputs.length, same);
  }

  private async counted(inputs: Tensors, deadlineMs: number, askers: readonly Context[]): Promise<ModelAnswer> {
    this.calls += 1;
    const askedMs = performance.now();
    const answer = await this.call(inputs, deadlineMs, askers);
    this.tookMs = performance.now() - askedMs;
    this.calls -= 1;
    if (this.waiting.length > 0) this.plan();
    return answer;
  }

  /** So many rows were refused that are answered each alone: servers have a largest batch of their own. */
  private tooMany(rows: number): void {
    this.rowsMax = Math.min(this.rowsMax, rows >> 1);
  }

  private heard(answer: ModelAnswer): void {
    if (!answer.ok || answer.version === this.version) return;
    this.version = answer.version;
    this.proof = unproved;
    this.rowsMax = ROWS_MAX;
  }

  private settle(question: Waiting, answer: ModelAnswer): void {
    if (question.answered) return;
    question.answered = true;
    this.open.delete(question);
    if (this.open.size === 0) {
      clearTimeout(this.alarm?.timer);
      this.alarm = undefined;
    }
    question.answer(answer);
  }
}

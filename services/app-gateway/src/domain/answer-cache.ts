import type { Tensors } from '@vinaigrette/serving';

/** What a version answered, and when. */
export interface Remembered {
  version: number;
  outputs: Tensors;
  atMs: number;
}

/** The last answers by question, the ones used longest ago forgotten first: what answers when no model does. */
export class AnswerCache {
  private readonly answers = new Map<string, Remembered>();

  constructor(private readonly limits: { answersMax: number; ageMsMax: number }) {}

  keep(question: string, answer: Remembered): void {
    this.answers.delete(question);
    this.answers.set(question, answer);
    const [oldest] = this.answers.keys();
    if (this.answers.size > this.limits.answersMax) this.answers.delete(oldest as string);
  }

  /** undefined: never asked, or too long ago. */
  recall(question: string, nowMs: number): Remembered | undefined {
    const answer = this.answers.get(question);
    return answer && nowMs - answer.atMs <= this.limits.ageMsMax ? answer : undefined;
  }
}

/** Equal for equal questions to one use case. */
export function questionKey(useCase: string, inputs: Tensors): string {
  const values = Object.entries(inputs).map(([name, { shape, data }]) => [
    name,
    shape,
    Array.from<unknown>(data).map(String),
  ]);
  return JSON.stringify([useCase, values]);
}

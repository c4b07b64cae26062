import { problemOf, type Problem } from '@vinaigrette/problems';
import type { Tensor } from '@vinaigrette/signature';
import { checkInputs, checkOutputs, type AnnouncedTensor } from './domain/check-inputs.js';
import type { Observations } from './observations.js';
import type { Ask, ServedVersion } from './served-version.js';
import type { ServeWanted } from './serve-wanted.js';
import type { CallerHeaders, Traces } from './traces.js';

/** Who asks, whatever the protocol. */
export interface Caller {
  /** Whether nobody waits for the answer any more. */
  abandoned(): boolean;
  /** When nobody will, on the clock of performance.now(); absent: not known. */
  readonly deadlineMs?: number;
  readonly headers: CallerHeaders;
}

/** An inference as a caller asks for it, whatever the protocol. */
export interface Question {
  model: string;
  /** A number, an alias, or empty: the default alias. */
  version: string;
  /** Given back with the answer; empty: none. */
  id: string;
  inputs: readonly AnnouncedTensor[];
  /** Names of the outputs wanted; empty: every one. */
  outputs: readonly string[];
  wish: Pick<Ask, 'priority' | 'timeoutMs'>;
}

export interface Answer {
  /** The number that answered, also when an alias was asked for. */
  version: number;
  outputs: readonly (readonly [name: string, tensor: Tensor])[];
}

/** Answers one inference: the way of every protocol to a served version. */
export class AnswerInference {
  constructor(
    private readonly models: ServeWanted,
    private readonly observations: Observations,
    /** Undefined: nobody follows traces. */
    private readonly traces: Traces | undefined,
  ) {}

  /**
   * Why nothing more is taken for whom a question is addressed to, so that it need not be read; undefined: it may be
   * taken. Under too much load most of the work is to refuse: this costs no promise and throws nothing.
   */
  refusal(model: string, name: string, caller: CallerHeaders): Problem | undefined {
    const served = this.models.answering(model, name);
    const problem = served?.full;
    if (served && problem) {
      this.observations.failed(served.version, problem.code, 0);
      const trace = this.traces?.begin(caller);
      trace?.found(served.version, name);
      trace?.ended(problem);
    }
    return problem;
  }

  /** A request was refused before it could be read as a question. */
  refused(problem: Problem, caller: CallerHeaders): void {
    this.observations.failed(undefined, problem.code, 0);
    this.traces?.begin(caller).ended(problem);
  }

  /** `read` and `write` know the protocol; their time counts. Throws a Problem. */
  async answer<Q extends Question, T>(
    read: () => Q,
    write: (answer: Answer, question: Q) => T,
    caller: Caller,
  ): Promise<T> {
    const startedMs = performance.now();
    const trace = this.traces?.begin(caller.headers);
    let served: ServedVersion | undefined;
    try {
      const question = read();
      served = this.models.find(question.model, question.version);
      trace?.found(served.version, question.version);
      const names = checkOutputs(served.signature, question.outputs);
      const inputs = checkInputs(served.signature, question.inputs);
      const readMs = performance.now();
      const outputs = await served.infer({ ...question.wish, inputs, caller, trace });
      const answeredMs = performance.now();
      const version = served.version.number;
      const written = write({ version, outputs: names.map((name) => [name, outputs[name] as Tensor]) }, question);
      const times = {
        inputSeconds: (readMs - startedMs) / 1_000,
        outputSeconds: (performance.now() - answeredMs) / 1_000,
      };
      this.observations.told(served.version, question.version, times);
      trace?.ended();
      return written;
    } catch (error) {
      const problem = problemOf(error);
      this.observations.failed(served?.version, problem.code, (performance.now() - startedMs) / 1_000);
      trace?.ended(problem);
      throw error;
    }
  }
}

import type { Tensors } from '@vinaigrette/serving';
import type { ModelAnswer } from './domain/model-answer.js';

export interface ModelQuestion {
  model: string;
  /** A number, or an alias: then the version that it names on the model server answers. */
  version: string;
  /** One row of each input. */
  inputs: Tensors;
  /** Until when the model may answer, on the clock of performance.now(). */
  deadlineMs: number;
}

/** The models, wherever they are served. */
export abstract class Models {
  /** One row of each output, by the deadline and never an exception: a model that does not answer is an answer too. */
  abstract ask(question: ModelQuestion): Promise<ModelAnswer>;
}

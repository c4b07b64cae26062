import type { Tensor } from '@vinaigrette/signature';
import type { ModelAnswer } from './domain/model-answer.js';

export interface ModelQuestion {
  model: string;
  /** The version that this alias names on the model server answers. */
  alias: string;
  /** One row of each input. */
  inputs: Readonly<Record<string, Tensor>>;
  /** How long the model may take, in milliseconds. */
  budgetMs: number;
}

/** The models, wherever they are served. */
export abstract class Models {
  /** One row of each output, within the budget and never an exception: a model that does not answer is an answer too. */
  abstract ask(question: ModelQuestion): Promise<ModelAnswer>;
}

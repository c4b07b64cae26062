import { parseGolden, type Tensor } from '@vinaigrette/signature';
import type { ModelSession, Tensors } from './model-session.js';

/** A tensor as golden.json writes it. */
interface JsonTensor {
  datatype: Tensor['datatype'];
  shape: readonly number[];
  /** null is NaN, which JSON cannot write. */
  data: (string | number | boolean | null)[];
}

/** Contents of golden.json: whoever loads the graph later has to give these outputs to these inputs. */
export interface GoldenAnswers {
  examples: { inputs: Record<string, JsonTensor>; outputs: Record<string, JsonTensor> }[];
}

/**
 * Asks the graph each batch and keeps what it answers. `check` sees every answer first, and throws where the graph does
 * not say what the model it was made from says. Throws GOLDEN_INVALID when there are too few examples.
 */
export async function goldenAnswers(
  session: ModelSession,
  batches: readonly Tensors[],
  check: (outputs: Tensors, batch: number) => void,
): Promise<GoldenAnswers> {
  const examples: GoldenAnswers['examples'] = [];
  for (const [batch, inputs] of batches.entries()) {
    const outputs = await session.run(inputs);
    check(outputs, batch);
    examples.push({ inputs: jsonOf(inputs), outputs: jsonOf(outputs) });
  }
  parseGolden({ examples });
  return { examples };
}

function jsonOf(tensors: Tensors): Record<string, JsonTensor> {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, { datatype, shape, data }]) => [
      name,
      { datatype, shape, data: Array.from(data as ArrayLike<string | number | bigint | boolean>, jsonValue) },
    ]),
  );
}

function jsonValue(value: string | number | bigint | boolean): string | number | boolean | null {
  if (typeof value === 'bigint') return Number(value);
  return Number.isNaN(value) ? null : value;
}

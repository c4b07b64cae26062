import { ModelSession } from '@vinaigrette/training';
import { figuresOf } from './domain/figures.js';
import { insuredTensors } from './domain/insured-tensors.js';
import type { Insured } from './domain/insured.js';

/**
 * How a version's graph does on people whose charges are known, some: `rmse` and `mae` in USD a year, `r2` where the
 * charges are not all the same.
 */
export async function judgeGraph(
  onnx: Uint8Array,
  rows: readonly { person: Insured; charges: number }[],
): Promise<Record<string, number>> {
  const session = await ModelSession.open(onnx);
  try {
    const { charges } = await session.run(insuredTensors(rows.map(({ person }) => person)));
    const quoted = Array.from(charges?.data as ArrayLike<number>);
    const actual = rows.map((row) => row.charges);
    const { rmse, mae, r2 } = figuresOf(actual, quoted);
    return { rmse, mae, ...(r2 === null ? {} : { r2 }) };
  } finally {
    await session.close();
  }
}

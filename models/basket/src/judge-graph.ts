import { ModelSession } from '@vinaigrette/training';
import { answerOf } from './domain/answers.js';
import type { Question } from './domain/basket.js';
import { itemTensor } from './domain/item-tensor.js';
import { SHOWN } from './domain/judge-recommender.js';

const BATCH = 64;

/**
 * How a version's graph does on purchases that are over: the share whose SKU was among its first five (`hitRateAt5`),
 * the mean of 1 over its place there (`mrrAt5`), the share that got any answer (`answeredShare`); all in 0..1. The
 * questions must be some.
 */
export async function judgeGraph(onnx: Uint8Array, questions: readonly Question[]): Promise<Record<string, number>> {
  const session = await ModelSession.open(onnx);
  try {
    let [hits, reciprocal, answered] = [0, 0, 0];
    for (let first = 0; first < questions.length; first += BATCH) {
      const batch = questions.slice(first, first + BATCH);
      const outputs = await session.run({ items: itemTensor(batch.map(({ given }) => given)) });
      batch.forEach(({ expected }, row) => {
        const shown = answerOf(outputs, row).slice(0, SHOWN);
        const place = shown.findIndex(({ sku }) => sku === expected);
        if (shown.length > 0) answered++;
        if (place < 0) return;
        hits++;
        reciprocal += 1 / (place + 1);
      });
    }
    const count = questions.length;
    return { hitRateAt5: hits / count, mrrAt5: reciprocal / count, answeredShare: answered / count };
  } finally {
    await session.close();
  }
}

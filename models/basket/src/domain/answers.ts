import type { Tensor } from '@vinaigrette/signature';
import type { Recommendation } from './recommend.js';

/** One row of the model's outputs as recommendations; confidences are float32. */
export function answerOf(outputs: Readonly<Record<string, Tensor>>, row: number): Recommendation[] {
  const { skus, confidence, rule, because } = outputs as Record<'skus' | 'confidence' | 'rule' | 'because', Tensor>;
  const [, places = 0, reasons = 0] = because.shape;
  const answer: Recommendation[] = [];
  for (let at = row * places; at < (row + 1) * places; at++) {
    const sku = skus.data[at] as string;
    if (sku === '') break;
    const texts = because.data.slice(at * reasons, (at + 1) * reasons) as readonly string[];
    answer.push({
      sku,
      confidence: confidence.data[at] as number,
      rule: Number(rule.data[at]),
      because: texts.filter((text) => text !== ''),
    });
  }
  return answer;
}

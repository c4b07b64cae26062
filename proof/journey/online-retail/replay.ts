import { questionOf, type Basket } from '@vinaigrette/basket';
import type { House } from '../house.js';
import { feedback, recommend } from '../shop.js';

/** The gateway's limit: a basket of more different SKUs is cut to its first so many. */
const BASKET_ITEMS_MAX = 1_000;
const IN_FLIGHT = 8;

/** A past purchase as it is asked again: what came last, given the rest? */
export interface ReplayedBasket {
  soldAtMs: number;
  given: readonly string[];
  expected: string;
  /** Who asks; absent: somebody new each time. */
  customer?: string;
}

/** The baskets that ask a question, in the order they were sold. */
export function questionsOf(baskets: readonly Basket[]): ReplayedBasket[] {
  return baskets
    .flatMap((basket) => {
      const question = questionOf(basket);
      if (!question || basket.soldAtMs === undefined) return [];
      return [
        { soldAtMs: basket.soldAtMs, given: question.given.slice(0, BASKET_ITEMS_MAX), expected: question.expected },
      ];
    })
    .sort((a, b) => a.soldAtMs - b.soldAtMs);
}

/**
 * Asks the gateway for each basket at the time it was sold, and reports the SKU that really came last as the purchase
 * that followed. Answers with what was shown, in the order of the questions.
 */
export async function replay(
  house: House,
  questions: readonly ReplayedBasket[],
  progress: (done: number) => void,
): Promise<string[][]> {
  const shown: string[][] = new Array(questions.length);
  let next = 0;
  let done = 0;
  const worker = async () => {
    for (let index = next++; index < questions.length; index = next++) {
      const { soldAtMs, given, expected, customer } = questions[index] as ReplayedBasket;
      const answer = await recommend(house, {
        basket: given,
        ...(customer === undefined ? {} : { customer: { id: customer } }),
        context: { moment: 'cart' },
        limit: 5,
        occurredAt: new Date(soldAtMs).toISOString(),
      });
      shown[index] = answer.items.map((item) => item.sku);
      const outcome = { predictionId: answer.predictionId, kind: 'purchased', skus: [expected] };
      await feedback(house, { ...outcome, occurredAt: new Date(soldAtMs + 60_000).toISOString() });
      progress(++done);
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
  return shown;
}

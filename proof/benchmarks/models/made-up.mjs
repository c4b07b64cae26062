import { seededRandom } from '@vinaigrette/pipeline';

/** Baskets of 2 to 13 of 5,000 goods, few of them sold often; who takes one of twenty takes its partner six times in ten. */
export function* madeUp(baskets) {
  const random = seededRandom(1);
  for (let basket = 0; basket < baskets; basket++) {
    const goods = new Set();
    const size = 2 + Math.floor(random() * 12);
    for (let place = 0; place < size; place++) goods.add(Math.floor(5_000 * random() ** 3));
    for (let pair = 0; pair < 20; pair++) if (goods.has(pair * 7) && random() < 0.6) goods.add(4_000 + pair);
    yield `${[...goods].map((good) => `sku-${good}`).join(',')}\n`;
  }
}

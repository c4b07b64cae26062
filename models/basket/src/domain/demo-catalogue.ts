/** A good of the demo shop. */
export interface DemoGood {
  sku: string;
  /** Price of a piece, in the shop's currency. */
  price: number;
  /** How often it is bought for no particular reason, beside the others. */
  weight: number;
}

const shelf = (weight: number, goods: Record<string, number>): DemoGood[] =>
  Object.entries(goods).map(([sku, price]) => ({ sku, price, weight }));

export const demoCatalogue: readonly DemoGood[] = [
  ...shelf(10, { bread: 2.4, milk: 1.2, eggs: 2.9, bananas: 1.6, apples: 2.2, tomatoes: 2.6 }),
  ...shelf(6, { butter: 2.3, yogurt: 0.9, cheddar: 3.4, coffee: 5.9, 'orange-juice': 2.5, potatoes: 2.1, onions: 1.3 }),
  ...shelf(4, { cereal: 3.2, oats: 1.5, jam: 2.7, honey: 4.5, tea: 3.1, croissants: 2.8, baguette: 1.4, ham: 3.6 }),
  ...shelf(4, { spaghetti: 1.3, 'tomato-sauce': 1.9, 'olive-oil': 7.9, garlic: 0.8, basil: 1.7, 'minced-beef': 5.4 }),
  ...shelf(3, {
    flour: 1.1,
    chocolate: 2,
    lettuce: 1.4,
    cucumber: 0.9,
    avocado: 1.5,
    mustard: 1.6,
    rice: 2.4,
    fish: 6.8,
  }),
  ...shelf(3, { tortillas: 2.6, 'black-beans': 1.2, lime: 0.5, strawberries: 3.3, crisps: 2.2, cola: 1.8, beer: 6.5 }),
  ...shelf(2, { charcoal: 6.9, corn: 2.1, ketchup: 2.4, 'red-wine': 8.5, 'dish-soap': 1.9, 'paper-towels': 3.5 }),
  ...shelf(2, { 'laundry-detergent': 9.9, diapers: 14.9, sponges: 1.7 }),
  ...shelf(1, { sugar: 1.4, parmesan: 4.2, 'coffee-filters': 2.1, 'baking-powder': 0.9, vinegar: 2.3, salsa: 2.8 }),
  ...shelf(1, { sausages: 5.2, 'baby-wipes': 3.9, softener: 4.6, cream: 1.3, dip: 2.5 }),
];

/** What people come for: some of these goods, taken together. */
export const demoErrands: readonly (readonly string[])[] = [
  ['milk', 'cereal', 'bananas', 'oats', 'yogurt'],
  ['coffee', 'croissants', 'jam', 'honey', 'orange-juice'],
  ['spaghetti', 'tomato-sauce', 'olive-oil', 'garlic', 'basil', 'minced-beef'],
  ['flour', 'eggs', 'chocolate', 'milk', 'butter'],
  ['lettuce', 'olive-oil', 'tomatoes', 'cucumber', 'avocado', 'mustard'],
  ['tortillas', 'black-beans', 'avocado', 'lime', 'minced-beef'],
  ['charcoal', 'corn', 'ketchup', 'beer', 'bread'],
  ['crisps', 'cola', 'beer', 'chocolate'],
  ['dish-soap', 'sponges', 'paper-towels', 'laundry-detergent'],
  ['diapers', 'milk', 'bananas', 'yogurt'],
];

/** Who buys all of `given` also buys `then`, in `share` of the cases. */
export interface PlantedAssociation {
  given: readonly string[];
  then: string;
  share: number;
}

/** What there is to be found. No `then` is ever a `given`, so that each association stands alone and its share is exact. */
export const plantedAssociations: readonly PlantedAssociation[] = [
  { given: ['milk'], then: 'sugar', share: 0.8 },
  { given: ['spaghetti', 'tomato-sauce'], then: 'parmesan', share: 0.7 },
  { given: ['charcoal'], then: 'sausages', share: 0.75 },
  { given: ['diapers'], then: 'baby-wipes', share: 0.7 },
  { given: ['lettuce', 'olive-oil'], then: 'vinegar', share: 0.65 },
  { given: ['tortillas'], then: 'salsa', share: 0.6 },
  { given: ['flour'], then: 'baking-powder', share: 0.55 },
  { given: ['strawberries'], then: 'cream', share: 0.5 },
  { given: ['coffee'], then: 'coffee-filters', share: 0.45 },
  { given: ['laundry-detergent'], then: 'softener', share: 0.4 },
  { given: ['crisps'], then: 'dip', share: 0.35 },
];

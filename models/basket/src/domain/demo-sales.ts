import { Chance } from './chance.js';
import { demoCatalogue, demoErrands, plantedAssociations, type PlantedAssociation } from './demo-catalogue.js';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const CUSTOMERS = 800;
/** Cards of a deck: a planted share is exact to a twentieth after every twenty cases. */
const DECK = 20;

export interface DemoOptions {
  /** The same seed makes the same sales. */
  seed: number;
  /** First day, midnight UTC, in milliseconds since the epoch. */
  fromMs: number;
  days: number;
  /** Mean over the week; Fridays and Saturdays are busier. */
  basketsPerDay: number;
}

/** A line as Online Retail writes it. */
export interface DemoLine {
  invoice: string;
  sku: string;
  description: string;
  quantity: number;
  soldAtMs: number;
  unitPrice: number;
  customer: string;
}

/**
 * The sales of a shop that never was, in the order of time, with the associations of the catalogue planted in them and
 * the dirt of real tills on top: returns, postage, samples, a line rung up twice, a line without a SKU.
 */
export function* demoSales({ seed, fromMs, days, basketsPerDay }: DemoOptions): Generator<DemoLine> {
  const chance = new Chance(seed);
  const decks = new Map(plantedAssociations.map((association) => [association, new Deck(association.share, chance)]));
  let number = 100_001;
  for (let day = 0; day < days; day++) {
    const dayMs = fromMs + day * DAY_MS;
    for (const soldAtMs of openingTimes(dayMs, basketsPerDay, chance)) {
      const invoice = String(number++);
      const customer = chance.happens(0.8) ? String(10_000 + chance.below(CUSTOMERS)) : '';
      const lines = demoBasket(decks, chance).map((sku) => lineOf({ invoice, sku, soldAtMs, customer }, chance));
      yield* lines;
      yield* dirtOf(lines, chance);
      if (chance.happens(0.02)) {
        const [back] = lines;
        yield { ...(back as DemoLine), invoice: `C${number++}`, quantity: -(back as DemoLine).quantity };
      }
    }
  }
}

/** When the day's customers pay: between eight and nine in the evening, in order. */
function openingTimes(dayMs: number, basketsPerDay: number, chance: Chance): number[] {
  const weekday = new Date(dayMs).getUTCDay();
  const busy = weekday === 0 ? 0.5 : weekday >= 5 ? 1.5 : 0.9;
  const count = Math.round(basketsPerDay * busy * (0.9 + 0.2 * chance.next()));
  const minutes = Array.from({ length: count }, () => 8 * 60 + chance.below(13 * 60));
  return minutes.sort((a, b) => a - b).map((minute) => dayMs + minute * MINUTE_MS);
}

function demoBasket(decks: ReadonlyMap<PlantedAssociation, Deck>, chance: Chance): string[] {
  const basket = new Set<string>();
  if (chance.happens(0.6)) {
    const errand = chance.shuffled(chance.pick(demoErrands));
    for (const sku of errand.slice(0, 2 + chance.below(2))) basket.add(sku);
  }
  do basket.add(chance.weighted(demoCatalogue).sku);
  while (chance.happens(0.6));
  for (const [{ given, then }, deck] of decks) {
    if (!given.every((sku) => basket.has(sku))) continue;
    if (deck.draw()) basket.add(then);
    else basket.delete(then);
  }
  return chance.shuffled([...basket]);
}

/** Yes and no in an exact ratio, in an order nobody foresees. */
class Deck {
  private cards: boolean[] = [];

  constructor(
    private readonly share: number,
    private readonly chance: Chance,
  ) {}

  draw(): boolean {
    if (this.cards.length === 0) {
      const yes = Math.round(this.share * DECK);
      this.cards = this.chance.shuffled(Array.from({ length: DECK }, (_, card) => card < yes));
    }
    return this.cards.pop() as boolean;
  }
}

const priceOf = new Map(demoCatalogue.map(({ sku, price }) => [sku, price]));

function lineOf(sale: Pick<DemoLine, 'invoice' | 'sku' | 'soldAtMs' | 'customer'>, chance: Chance): DemoLine {
  const description = sale.sku.replaceAll('-', ' ');
  const quantity = chance.happens(0.8) ? 1 : 2 + chance.below(3);
  return { ...sale, description, quantity, unitPrice: priceOf.get(sale.sku) as number };
}

function* dirtOf([line]: readonly DemoLine[], chance: Chance): Generator<DemoLine> {
  if (!line) return;
  if (chance.happens(0.01)) yield { ...line, sku: 'POST', description: 'postage', quantity: 1, unitPrice: 4.9 };
  if (chance.happens(0.005)) yield line;
  if (chance.happens(0.003)) yield { ...line, sku: 'S', description: 'sample', quantity: 1, unitPrice: 0 };
  if (chance.happens(0.001)) yield { ...line, sku: '', description: '' };
}

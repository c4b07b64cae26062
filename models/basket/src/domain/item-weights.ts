import { heaviest } from './heaviest.js';

/** A weight for each SKU. Its place is kept until something is dropped. */
export class ItemWeights {
  private readonly places = new Map<string, number>();
  private values: Float64Array;

  constructor(
    readonly skus: string[] = [],
    weights: Float64Array = new Float64Array(1_024),
  ) {
    this.values = weights;
    for (let place = 0; place < skus.length; place++) this.places.set(skus[place] as string, place);
  }

  get size(): number {
    return this.skus.length;
  }

  get weights(): Float64Array {
    return this.values.subarray(0, this.skus.length);
  }

  /** Answers the SKU's place. */
  add(sku: string, weight: number): number {
    let place = this.places.get(sku);
    if (place === undefined) {
      place = this.skus.push(sku) - 1;
      this.places.set(sku, place);
      if (place >= this.values.length) this.grow();
    }
    (this.values[place] as number) += weight;
    return place;
  }

  placeOf(sku: string): number | undefined {
    return this.places.get(sku);
  }

  skuAt(place: number): string {
    return this.skus[place] as string;
  }

  weightAt(place: number): number {
    return this.values[place] as number;
  }

  scale(factor: number): void {
    for (let place = 0; place < this.size; place++) (this.values[place] as number) *= factor;
  }

  /** So many of the heaviest, in the order they stand in; of equal ones the later. */
  heaviest(count: number): ItemWeights {
    const kept = Array.from(heaviest(this.weights, count));
    return new ItemWeights(
      kept.map((place) => this.skuAt(place)),
      Float64Array.from(kept.map((place) => this.weightAt(place))),
    );
  }

  private grow(): void {
    const larger = new Float64Array(Math.max(1_024, 2 * this.values.length));
    larger.set(this.values);
    this.values = larger;
  }
}

const EMPTY = -1;
/** Of the slots: beyond, walks from slot to slot grow long. */
const FULL_SHARE = 0.5;
/** Knuth's multiplier for hashing, The Art of Computer Programming 6.4: the golden ratio of 2^32. */
const GOLDEN = 0x9e3779b1;

/**
 * Where each number stands, as a Map would say it, in typed arrays with open addressing: a Map keeps every number above
 * 2^31 as an object of its own and looks into it at every comparison. Numbers are whole, 0..2^53 - 1.
 */
export class PlacesOfNumbers {
  private numbers = new Float64Array(1_024).fill(EMPTY);
  private places = new Int32Array(1_024);
  private count = 0;

  get(number: number): number | undefined {
    const slot = this.slotOf(number);
    return this.numbers[slot] === number ? this.places[slot] : undefined;
  }

  set(number: number, place: number): void {
    const slot = this.slotOf(number);
    if (this.numbers[slot] === EMPTY) this.count++;
    this.numbers[slot] = number;
    this.places[slot] = place;
    if (this.count > FULL_SHARE * this.numbers.length) this.grow();
  }

  /** That of the number, or the free one where it belongs. */
  private slotOf(number: number): number {
    const { numbers } = this;
    const last = numbers.length - 1;
    const high = Math.imul(Math.floor(number / 2 ** 24), GOLDEN);
    const mixed = Math.imul(high ^ (high >>> 15) ^ (number % 2 ** 24), GOLDEN);
    let slot = (mixed ^ (mixed >>> 15)) & last;
    while (numbers[slot] !== number && numbers[slot] !== EMPTY) slot = (slot + 1) & last;
    return slot;
  }

  private grow(): void {
    const [numbers, places] = [this.numbers, this.places];
    this.numbers = new Float64Array(2 * numbers.length).fill(EMPTY);
    this.places = new Int32Array(2 * numbers.length);
    this.count = 0;
    for (let slot = 0; slot < numbers.length; slot++) {
      if (numbers[slot] !== EMPTY) this.set(numbers[slot] as number, places[slot] as number);
    }
  }
}

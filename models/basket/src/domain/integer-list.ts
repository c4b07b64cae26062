/** Whole numbers of 32 bits that grow one by one, four bytes each. */
export class IntegerList {
  private numbers = new Int32Array(1_024);
  private count = 0;

  push(number: number): void {
    if (this.count === this.numbers.length) {
      const longer = new Int32Array(2 * this.count);
      longer.set(this.numbers);
      this.numbers = longer;
    }
    this.numbers[this.count++] = number;
  }

  /** A view of them, until the next `push`. */
  values(): Int32Array {
    return this.numbers.subarray(0, this.count);
  }
}

import type { LoggedColumn } from '@vinaigrette/signature';
import type { BinFinder } from './bin-of.js';
import { categoryIndex, ROWS_SLOT, type CategoryCells, type Grid, type NumericCells } from './grid.js';

/** A packed row as a decoder leaves it: the values of all columns one after another, in the schema's order. */
export interface PackedValues {
  numbers: ArrayLike<number>;
  numberCount: number;
  texts: ArrayLike<string>;
  textCount: number;
  lengths: ArrayLike<number>;
  lengthCount: number;
}

/** Where a feature's column stands, resolved once. */
interface Reading {
  cells: NumericCells | CategoryCells;
  column: number;
  text: boolean;
  /** Of a feature that is the column's number, or the first of them. */
  number: { at: number; bins: BinFinder; single: boolean } | undefined;
}

/**
 * Counts packed rows of one schema on one grid without unpacking them: the same slots as `slotsOf(grid,
 * unpackRow(schema, row))`, in the same order, without making a row. Not re-entrant.
 */
export class PackedCounter {
  private readonly readings: Reading[];
  /** Of each column of the row at hand: where its values begin, and how many there are. */
  private readonly begin: Uint32Array;
  private readonly size: Uint32Array;
  /** Without lists every row is laid out as the first was: so many values, in these places. */
  private readonly fixed: { numbers: number; texts: number } | undefined;
  private slots = new Uint32Array(64);
  private count = 0;

  /** Throws RangeError when the schema lacks a tensor the baseline reads, or holds text where it reads a number. */
  constructor(
    grid: Grid,
    private readonly schema: readonly LoggedColumn[],
  ) {
    this.begin = new Uint32Array(schema.length);
    this.size = new Uint32Array(schema.length);
    this.readings = grid.cells.map((cells): Reading => {
      const { from } = cells.feature;
      const column = schema.findIndex(({ name }) => name === from.tensor);
      if (column < 0) throw new RangeError(`The row holds no ${from.tensor}`);
      const text = (schema[column] as LoggedColumn).datatype === 'BYTES';
      const number = numberIn(cells);
      if (number && text) throw new RangeError(`${from.tensor} holds text, not a number`);
      return { cells, column, text, number };
    });
    if (schema.some(({ list }) => list)) return;
    const texts = schema.filter(({ datatype }) => datatype === 'BYTES').length;
    const numbers = schema.length - texts;
    this.place({ numbers: [], numberCount: numbers, texts: [], textCount: texts, lengths: [], lengthCount: 0 });
    this.fixed = { numbers, texts };
  }

  /**
   * The slots the row raises by one each; valid until the next call. Throws RangeError, with nothing counted, when the
   * values are not those of the schema.
   */
  read(row: PackedValues): Uint32Array {
    const { fixed } = this;
    if (fixed?.numbers !== row.numberCount || fixed.texts !== row.textCount) this.place(row);
    this.count = 0;
    this.push(ROWS_SLOT);
    for (const reading of this.readings) {
      const { number } = reading;
      if (number) {
        const first = this.size[reading.column] === 0 ? NaN : (row.numbers[this.begin[reading.column]!] as number);
        // As `roundTo`, and minus zero is in the bin of zero.
        const value = number.single ? Math.fround(first) : first;
        this.push(Number.isFinite(first) ? number.at + 1 + number.bins.of(value) : number.at);
      } else if (reading.cells.kind === 'numeric') this.readCount(reading.cells, reading, row);
      else this.readCategories(reading.cells, reading, row);
    }
    return this.slots.subarray(0, this.count);
  }

  private place({ numberCount, textCount, lengths, lengthCount }: PackedValues): void {
    let [numbers, texts, lists] = [0, 0, 0];
    for (let index = 0; index < this.schema.length; index++) {
      const { datatype, list, name } = this.schema[index] as LoggedColumn;
      const size = !list ? 1 : lists < lengthCount ? (lengths[lists++] as number) : Infinity;
      const text = datatype === 'BYTES';
      this.begin[index] = text ? texts : numbers;
      this.size[index] = size;
      if (text) texts += size;
      else numbers += size;
      if (numbers > numberCount || texts > textCount) throw new RangeError(`The record ends before ${name}`);
    }
    if (numbers !== numberCount || texts !== textCount) {
      throw new RangeError('The record holds more values than its schema');
    }
  }

  private readCount(
    { feature, at, bins, vocabulary }: NumericCells,
    { column, text }: Reading,
    row: PackedValues,
  ): void {
    const [begin, size] = [this.begin[column] as number, this.size[column] as number];
    const values: ArrayLike<string | number> = text ? row.texts : row.numbers;
    let [present, known] = [0, 0];
    for (let index = begin; index < begin + size; index++) {
      const value = values[index];
      if (!isPresent(value)) continue;
      present += 1;
      if (feature.from.kind === 'knownShare' && vocabulary?.has(String(value))) known += 1;
    }
    if (feature.from.kind === 'length') this.push(at + 1 + bins.of(present));
    else this.push(present === 0 ? at : at + 1 + bins.of(known / present));
  }

  private readCategories(cells: CategoryCells, { column, text }: Reading, row: PackedValues): void {
    const { at, kind } = cells;
    const begin = this.begin[column] as number;
    const size = Math.min(this.size[column] as number, kind === 'items' ? Infinity : 1);
    const values: ArrayLike<string | number> = text ? row.texts : row.numbers;
    const first = this.count;
    this.push(at);
    for (let index = begin; index < begin + size; index++) {
      const value = values[index];
      if (isPresent(value)) this.push(at + 2 + categoryIndex(cells, String(value)));
    }
    if (this.count > first + 1) this.slots[first] = at + 1;
  }

  private push(slot: number): void {
    if (this.count === this.slots.length) {
      const larger = new Uint32Array(2 * this.count);
      larger.set(this.slots);
      this.slots = larger;
    }
    this.slots[this.count++] = slot;
  }
}

/** "" and NaN are how the log writes a missing value. */
function isPresent(value: number | string | undefined): boolean {
  return value !== undefined && value !== '' && !Number.isNaN(value);
}

function numberIn(cells: NumericCells | CategoryCells): Reading['number'] {
  const { kind } = cells.feature.from;
  if (cells.kind !== 'numeric' || (kind !== 'value' && kind !== 'first')) return undefined;
  return { at: cells.at, bins: cells.bins, single: cells.feature.datatype === 'FP32' };
}

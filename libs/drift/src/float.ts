import type { GridDatatype } from './feature.js';

const view = new DataView(new ArrayBuffer(8));

/** The least number above a finite `value` that the datatype can hold; Infinity above its largest. */
export function nextUp(datatype: GridDatatype, value: number): number {
  if (datatype === 'FP32') {
    if (value === 0) return 2 ** -149;
    view.setFloat32(0, value);
    view.setInt32(0, view.getInt32(0) + (value > 0 ? 1 : -1));
    return view.getFloat32(0);
  }
  if (value === 0) return Number.MIN_VALUE;
  view.setFloat64(0, value);
  view.setBigInt64(0, view.getBigInt64(0) + (value > 0 ? 1n : -1n));
  return view.getFloat64(0);
}

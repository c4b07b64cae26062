const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** The IEEE 754 half-precision bits nearest to a number of single precision, ties to even; beyond 65504 (rounded) infinite. */
export function halfBitsOf(value: number): number {
  float[0] = value;
  const single = bits[0] as number;
  const sign = (single >>> 16) & 0x8000;
  const magnitude = single & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00; // NaN
  if (magnitude >= 0x477ff000) return sign | 0x7c00; // rounds beyond the largest half
  if (magnitude < 0x38800000) {
    // Subnormal, or zero: a multiple of 2^-24.
    return sign | roundedToEven(Math.abs(float[0] as number) * 2 ** 24);
  }
  const rest = magnitude & 0x1fff;
  const cut = (magnitude - 0x38000000) >>> 13;
  const up = rest > 0x1000 || (rest === 0x1000 && (cut & 1) === 1);
  return sign | (cut + Number(up));
}

/** The number half-precision bits mean. */
export function numberOfHalf(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >>> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0x1f) return fraction ? NaN : sign * Infinity;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
}

function roundedToEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below;
}

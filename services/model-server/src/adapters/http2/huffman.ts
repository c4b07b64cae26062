/**
 * Bits of the code of each byte, and last of the end of a text: RFC 7541, appendix B. The code is canonical (shorter
 * codes first, equal ones in the order of the bytes), so that the lengths say all of it.
 */
const CODE_BITS = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28,
  28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
  13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6, 15, 5, 6, 5, 6,
  5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28, 20, 22, 20, 20, 22, 22, 22, 23,
  22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24, 22, 21, 20, 22, 22,
  23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23, 26, 26,
  20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27,
  27, 20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27,
  27, 27, 27, 26, 30,
];
const BITS_MIN = 5;
const BITS_MAX = 30;
const END_OF_TEXT = 256;

/** The bytes by their codes, ascending; of each length the first code, where its bytes begin, and how many there are. */
const symbols = CODE_BITS.map((_, byte) => byte).sort(
  (a, b) => (CODE_BITS[a] as number) - (CODE_BITS[b] as number) || a - b,
);
const counts = new Int32Array(BITS_MAX + 1);
for (const bits of CODE_BITS) counts[bits] = (counts[bits] as number) + 1;
const firstCodes = new Int32Array(BITS_MAX + 1);
const firstSymbols = new Int32Array(BITS_MAX + 1);
for (let bits = 1, code = 0, symbol = 0; bits <= BITS_MAX; bits++) {
  code <<= 1;
  firstCodes[bits] = code;
  firstSymbols[bits] = symbol;
  code += counts[bits] as number;
  symbol += counts[bits] as number;
}

/** The text, one character a byte; undefined when the bytes are none. */
export function huffmanText(bytes: Uint8Array): string | undefined {
  const text = Buffer.allocUnsafe(Math.ceil((bytes.length * 8) / BITS_MIN));
  let length = 0;
  let code = 0;
  let bits = 0;
  for (const byte of bytes) {
    for (let bit = 7; bit >= 0; bit--) {
      code = (code << 1) | ((byte >> bit) & 1);
      const index = code - (firstCodes[++bits] as number);
      if (index >= (counts[bits] as number)) continue;
      const symbol = symbols[(firstSymbols[bits] as number) + index] as number;
      if (symbol === END_OF_TEXT) return undefined;
      text[length++] = symbol;
      code = 0;
      bits = 0;
    }
  }
  // The rest of the last byte is filled with ones.
  return bits < 8 && code === (1 << bits) - 1 ? text.toString('latin1', 0, length) : undefined;
}

/** Bytes of chance an id needs. */
export const UUID_CHANCE_BYTES = 10;

/**
 * A UUID of version 7 (RFC 9562): the millisecond it was made in, then chance, so that ids sort by time and no two
 * gateways need to talk. `timeMs`: milliseconds since the epoch; `chance`: ten random bytes.
 */
export function uuidV7(timeMs: number, chance: Uint8Array): string {
  const time = timeMs.toString(16).padStart(12, '0');
  const hex = Buffer.from(chance.buffer, chance.byteOffset, UUID_CHANCE_BYTES).toString('hex');
  const variant = (8 + (Number.parseInt(hex.charAt(3), 16) & 3)).toString(16);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${hex.slice(0, 3)}-${variant}${hex.slice(4, 7)}-${hex.slice(8, 20)}`;
}

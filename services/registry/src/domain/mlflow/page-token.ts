import { Problem } from '@vinaigrette/problems';

const OFFSET_MAX = 1_000_000_000;

/** Where the next page of a search begins, as clients carry it: opaque to them. */
export function pageToken(offset: number): string {
  return Buffer.from(JSON.stringify({ offset })).toString('base64url');
}

/** The row a page begins with; no token: the first. Throws QUERY_INVALID for what `pageToken` never gave. */
export function offsetOf(token: string | undefined): number {
  if (token === undefined || token === '') return 0;
  const offset = readOffset(token);
  if (offset === undefined) {
    throw new Problem('QUERY_INVALID', 'The page token is none that a search answered with', { field: 'page_token' });
  }
  return offset;
}

/** A page of at most `size`, cut from one row more than that, and the token of the next page when there is one. */
export function pageOf<Row>(
  rows: readonly Row[],
  size: number,
  offset: number,
): { rows: Row[]; next: string | undefined } {
  const next = rows.length > size ? pageToken(offset + size) : undefined;
  return { rows: rows.slice(0, size), next };
}

function readOffset(token: string): number | undefined {
  try {
    const { offset } = JSON.parse(Buffer.from(token, 'base64url').toString()) as { offset: unknown };
    return Number.isSafeInteger(offset) && Number(offset) >= 0 && Number(offset) <= OFFSET_MAX
      ? Number(offset)
      : undefined;
  } catch {
    return undefined;
  }
}

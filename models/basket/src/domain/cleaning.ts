/** One line of an invoice, as a reader found it; its texts are trimmed. */
export interface SalesLine {
  /** Where it stood, for the report. */
  line: number;
  /** Number of the invoice; a leading C cancels, a leading A adjusts the books. */
  invoice: string;
  sku: string;
  /** Pieces; negative or zero: they came back, or were written off. */
  quantity: number;
  /** Price of a piece in the shop's currency; absent when the file has no prices. */
  unitPrice: number | undefined;
  /** Milliseconds since the epoch; absent when the file has no dates. */
  soldAtMs: number | undefined;
}

/**
 * Why a line may be no sale of a good, in the order they are looked for: a line is counted under the first that fits.
 * - blank: no invoice number or no SKU
 * - cancellation: an invoice that takes another one back
 * - returned: a quantity of zero or less
 * - adjustment: an invoice that corrects the books
 * - nonGoods: postage, fees, discounts, samples, vouchers and entries by hand
 * - unpriced: a price of zero or less: a giveaway or a correction of the stock
 */
export const reasons = ['blank', 'cancellation', 'returned', 'adjustment', 'nonGoods', 'unpriced'] as const;
export type Reason = (typeof reasons)[number];

/**
 * What a policy leaves out. `raw` keeps whatever was rung up and not taken back; `strict` keeps goods that were paid
 * for, and reads stock codes that differ only in case as one.
 */
export const policies = {
  raw: ['blank', 'cancellation', 'returned'],
  strict: reasons,
} as const satisfies Record<string, readonly Reason[]>;
export type Policy = keyof typeof policies;

/** The codes by which Online Retail books what is no good, in capitals. */
const nonGoods = new Set([
  'ADJUST',
  'AMAZONFEE',
  'B', // bad debt
  'BANK CHARGES',
  'C2', // carriage
  'CRUK', // commission of a charity
  'D', // discount
  'DOT', // postage of the web shop
  'M', // entered by hand
  'POST',
  'S', // samples
]);
const VOUCHER_PREFIX = 'GIFT_';
const SMALL_A = 'a'.charCodeAt(0);

/** The first reason that fits the line; undefined for the plain sale of a good. */
export function reasonOf(line: SalesLine): Reason | undefined {
  if (line.invoice === '' || line.sku === '') return 'blank';
  if (line.invoice.startsWith('C')) return 'cancellation';
  if (line.quantity <= 0) return 'returned';
  if (line.invoice.startsWith('A')) return 'adjustment';
  const code = line.sku.toUpperCase();
  if (nonGoods.has(code) || code.startsWith(VOUCHER_PREFIX)) return 'nonGoods';
  if (line.unitPrice !== undefined && line.unitPrice <= 0) return 'unpriced';
  return undefined;
}

/**
 * The spelling under which a policy keeps a SKU. `strict` writes a stock code (it holds a digit) in capitals, since
 * tills write 85123a and 85123A for the same good; a name such as `milk` stays as it is.
 */
export function canonicalSku(sku: string, policy: Policy): string {
  if (policy !== 'strict' || isBelowSmall(sku)) return sku;
  const capitals = sku.toUpperCase();
  return capitals !== sku && /\d/.test(sku) ? capitals : sku;
}

/** Nothing before `a` has another capital: most stock codes are looked through and left, which is done for every line. */
function isBelowSmall(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) >= SMALL_A) return false;
  return true;
}

/** Every spelling that means one of these SKUs to a model trained under the policy, with the SKU it means. */
export function spellingsOf(skus: Iterable<string>, policy: Policy): Map<string, string> {
  const spellings = new Map<string, string>();
  for (const sku of skus) {
    spellings.set(sku, sku);
    const small = sku.toLowerCase();
    if (canonicalSku(small, policy) === sku) spellings.set(small, sku);
  }
  return spellings;
}

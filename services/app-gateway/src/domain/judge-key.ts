import type { KeyScope, ShopKey } from '@vinaigrette/documents';

/** Keys by the SHA-256 of each. */
export type ShopKeysInForce = ReadonlyMap<string, ShopKey>;

/** A request, as far as keys are concerned. */
export interface KeyUse {
  scope: KeyScope;
  /** Absent: the route is of no use case of its own. */
  useCase: string | undefined;
  /** Of the page that asks; absent: it is no browser's request. */
  origin: string | undefined;
  nowMs: number;
}

/** Why the key may not be used so; undefined: it may. */
export function judgeKey(key: ShopKey, { scope, useCase, origin, nowMs }: KeyUse): string | undefined {
  const { id, scopes, origins, useCases, notBefore, notAfter } = key;
  if (notBefore && nowMs < Date.parse(notBefore)) return `the key ${id} is not in force yet`;
  if (notAfter && nowMs >= Date.parse(notAfter)) return `the key ${id} is in force no more`;
  if (!scopes.includes(scope)) return `the key ${id} is not for ${scope}, only for ${scopes.join(', ')}`;
  if (origins && !origins.includes(origin ?? '')) return `the key ${id} is not for pages of ${origin ?? 'no origin'}`;
  if (useCases && !useCases.includes(useCase ?? '')) return `the key ${id} may not ask ${useCase ?? 'this'}`;
  return undefined;
}

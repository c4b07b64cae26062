import type { FactoryProvider } from '@nestjs/common';

/** A class as the token of its instance: a use case, or the abstract class of a port. */
type Token<T> = abstract new (...parts: never[]) => T;

/** How Nest makes `provide` out of what it needs: the types of the parts follow from their tokens. */
export function provider<T, Parts extends unknown[]>(
  provide: Token<T>,
  inject: readonly [...{ [Part in keyof Parts]: Token<Parts[Part]> }],
  useFactory: (...parts: Parts) => T,
): FactoryProvider<T> {
  return { provide, inject: [...inject] as NonNullable<FactoryProvider['inject']>, useFactory };
}

/** At most so many of the values, at equal distances in their order; all of them where there are no more. */
export function evenly<Value>(values: readonly Value[], most: number): Value[] {
  if (values.length <= most) return [...values];
  return Array.from({ length: most }, (_, place) => values[Math.floor((place * values.length) / most)] as Value);
}

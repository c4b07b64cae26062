/** Values to try for a parameter: these, or any between two bounds. */
export type Choice = { values: readonly unknown[] } | { from: number; to: number; whole: boolean };

export type SearchSpace = Readonly<Record<string, Choice>>;
export type Candidate = Readonly<Record<string, unknown>>;

/** Bounds as they are written: `0.1..0.5`. */
const BOUNDS = /^(-?[\d.]+(?:e-?\d+)?)\.\.(-?[\d.]+(?:e-?\d+)?)$/i;

/**
 * A choice as the command line writes it: `a,b,c`, or `0.1..0.5` between bounds, whole numbers where both bounds are.
 * Throws RangeError where it is neither.
 *
 * @param valueOf a value from its text
 */
export function choiceOf(text: string, valueOf: (text: string) => unknown): Choice {
  const bounds = BOUNDS.exec(text);
  if (!bounds) {
    const values = text.split(',').map((value) => value.trim());
    if (values.includes('')) throw new RangeError(`${text} is no list of values, and no bounds such as 0.1..0.5`);
    return { values: values.map(valueOf) };
  }
  const [from, to] = [Number(bounds[1]), Number(bounds[2])];
  if (!(from < to)) throw new RangeError(`${text}: ${from} is not below ${to}`);
  return { from, to, whole: Number.isInteger(from) && Number.isInteger(to) };
}

/** Every combination, the last name changing fastest. Throws RangeError where a choice is of bounds. */
export function gridOf(space: SearchSpace): Candidate[] {
  return Object.entries(space).reduce<Candidate[]>(
    (candidates, [name, choice]) => {
      if (!('values' in choice)) throw new RangeError(`A grid wants values of ${name}, not bounds`);
      return candidates.flatMap((candidate) => choice.values.map((value) => ({ ...candidate, [name]: value })));
    },
    [{}],
  );
}

/**
 * Different candidates by chance, as many as asked for or as there are to be found. The same seed draws the same ones.
 *
 * @param random numbers in [0, 1)
 */
export function drawFrom(space: SearchSpace, count: number, random: () => number): Candidate[] {
  const drawn = new Map<string, Candidate>();
  for (let attempt = 0; attempt < count * 20 && drawn.size < count; attempt++) {
    const entries = Object.entries(space).map(([name, choice]) => [name, valueFrom(choice, random())]);
    const candidate = Object.fromEntries(entries) as Candidate;
    const key = JSON.stringify(candidate);
    if (!drawn.has(key)) drawn.set(key, candidate);
  }
  return [...drawn.values()];
}

function valueFrom(choice: Choice, share: number): unknown {
  if ('values' in choice) return choice.values[Math.floor(share * choice.values.length)];
  const { from, to, whole } = choice;
  if (whole) return from + Math.floor(share * (to - from + 1));
  return Number((from + share * (to - from)).toPrecision(6));
}

/** Mulberry32 (T. Ettinger, 2017): numbers in [0, 1), the same for the same seed on every machine. */
export function seededRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

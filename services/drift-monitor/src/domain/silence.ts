import { Problem } from '@vinaigrette/problems';
import { z } from 'zod';

/** A label must be equal to the value, or with `isEqual` false must not be. */
const matcher = z.strictObject({
  name: z.string().regex(/^[a-z_]{1,64}$/, 'must be the name of a label, such as model'),
  value: z.string().max(128),
  isEqual: z.boolean().default(true),
  // Alertmanager's clients send it. Foreign expressions are not run here: one can be made to take for ever.
  isRegex: z.literal(false, 'regular expressions are not matched; make one silence for each value').optional(),
});

const time = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));

/** Alertmanager's shape of a silence. */
const newSilence = z
  .strictObject({
    matchers: z.array(matcher).min(1).max(16),
    startsAt: time.optional(),
    endsAt: time,
    createdBy: z.string().min(1).max(128),
    comment: z.string().min(1).max(1_000),
  })
  .refine(({ matchers }) => matchers.some(({ value, isEqual }) => isEqual && value !== ''), {
    path: ['matchers'],
    message: 'at least one must name a value, or the silence covers everything',
  });

export interface NewSilence {
  matchers: { name: string; value: string; isEqual: boolean }[];
  /** Half-open, milliseconds since the epoch. */
  startsMs: number;
  endsMs: number;
  createdBy: string;
  comment: string;
}

export interface Silence extends NewSilence {
  /** UUID. */
  id: string;
}

/** Longest a silence may last: a longer one is forgotten. */
const SILENCE_MS_MAX = 90 * 24 * 60 * 60 * 1_000;

/** Reads a silence. Throws BODY_INVALID naming the field. */
export function readSilence(body: unknown, nowMs: number): NewSilence {
  const { data, error } = newSilence.safeParse(body);
  if (error) {
    const [issue] = error.issues;
    const field = issue?.path.join('.') ?? '';
    throw new Problem('BODY_INVALID', `${field || 'the body'}: ${issue?.message}`, { field });
  }
  const { matchers, startsAt = nowMs, endsAt, createdBy, comment } = data;
  if (endsAt <= startsAt || endsAt <= nowMs) throw wrong('endsAt', 'must be later than startsAt and than now');
  if (endsAt - startsAt > SILENCE_MS_MAX) throw wrong('endsAt', 'a silence may last 90 days at most');
  const kept = matchers.map(({ name, value, isEqual }) => ({ name, value, isEqual }));
  return { matchers: kept, startsMs: startsAt, endsMs: endsAt, createdBy, comment };
}

/** Whether a silence holds for a page with these labels at this moment. A missing label is the empty text. */
export function isSilenced(
  labels: Readonly<Record<string, string>>,
  silences: readonly NewSilence[],
  nowMs: number,
): boolean {
  return silences.some(
    ({ matchers, startsMs, endsMs }) =>
      startsMs <= nowMs &&
      nowMs < endsMs &&
      matchers.every(({ name, value, isEqual }) => ((labels[name] ?? '') === value) === isEqual),
  );
}

const wrong = (field: string, why: string) => new Problem('BODY_INVALID', `${field}: ${why}`, { field });

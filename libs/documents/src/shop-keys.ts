import { z } from 'zod';
import { name } from './fields.js';

/** What a key may be used for. */
export const keyScopes = ['recommend', 'predict', 'feedback', 'test-rules'] as const;

export type KeyScope = (typeof keyScopes)[number];

const instant = z.iso.datetime({ offset: true });

const key = z
  .strictObject({
    id: name,
    /** SHA-256 of the key, in lower-case hex: the key itself is kept nowhere. */
    sha256: z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hex digits'),
    scopes: z.array(z.enum(keyScopes)).min(1),
    /** Given: a public key, seen by everybody who opens the page; it serves pages of these origins only. */
    origins: z
      .array(z.string().regex(/^https?:\/\/[a-z0-9.-]+(:\d{1,5})?$/, 'must be an origin such as https://shop.example'))
      .min(1)
      .optional(),
    /** The use cases it may ask; absent: all. */
    useCases: z.array(name).min(1).optional(),
    /** Most requests a second; absent: as many as the gateway takes. */
    perSecond: z.number().positive().max(1_000_000).optional(),
    notBefore: instant.optional(),
    notAfter: instant.optional(),
  })
  .refine(({ origins, scopes }) => !origins || !scopes.includes('test-rules'), {
    path: ['scopes'],
    message: 'a public key cannot test rules: it would show them to everybody',
  });

export type ShopKey = z.infer<typeof key>;

/** Who may ask a gateway. A key is rotated by adding its successor, and taking it away once nobody uses it. */
export const shopKeysSchema = z.strictObject({ keys: z.array(key).max(10_000) }).superRefine(({ keys }, context) => {
  const seen = new Set<string>();
  keys.forEach(({ id, sha256 }, index) => {
    for (const [field, value] of Object.entries({ id, sha256 })) {
      if (seen.has(value))
        context.addIssue({ code: 'custom', path: ['keys', index, field], message: 'is there twice' });
      seen.add(value);
    }
  });
});

export type ShopKeys = z.infer<typeof shopKeysSchema>;

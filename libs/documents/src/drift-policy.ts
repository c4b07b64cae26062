import { z } from 'zod';

/** Where an effect is worth a warning, and where it is critical. */
const floors = (most: number, warning: number, critical: number) =>
  z
    .strictObject({ warning: z.number().positive().max(most), critical: z.number().positive().max(most) })
    .refine((floor) => floor.critical >= floor.warning, {
      path: ['critical'],
      message: 'must not be below the warning',
    })
    .default({ warning, critical });

const psi = floors(100, 0.1, 0.25);
const distance = floors(1, 0.08, 0.2);
const share = floors(1, 0.1, 0.3);

/**
 * When a model version has drifted, and when that is worth a page. Its name is the model's; one named `default` is for
 * every model without its own. PSI in nats, distances and shares 0..1.
 */
export const driftPolicySchema = z.strictObject({
  /**
   * Most false alarms among the alarms of one look: what adjusted p-values are compared with. Small, since a version is
   * looked at 4,032 times a week.
   */
  q: z.number().gt(0).max(0.5).default(0.001),
  psi,
  /** Of the lower bound of the KS distance; where all training values were one, of the largest change of a bin. */
  ks: distance,
  /** Of the change of the share of rows without a value. */
  missing: share,
  /** Of the change of the share of categories or items that training never met. */
  unseen: share,
  /** `learned`: the floors of PSI and KS are those the baseline learnt from its own rows, where it did. */
  thresholds: z.enum(['fixed', 'learned']).default('fixed'),
  /** Floors of single features, by name; `ignore`: computed and shown, never a reason to page. */
  features: z
    .record(
      z.string().min(1).max(128),
      z.strictObject({
        psi: psi.removeDefault().optional(),
        ks: distance.removeDefault().optional(),
        missing: share.removeDefault().optional(),
        unseen: share.removeDefault().optional(),
        ignore: z.boolean().optional(),
      }),
    )
    .default({}),
  /** Drifted in so many of the last `of` looks: it fires. A look every 5 minutes. */
  fire: z
    .strictObject({ drifted: z.number().int().min(1).max(288), of: z.number().int().min(1).max(288) })
    .refine(({ drifted, of }) => drifted <= of, { path: ['drifted'], message: 'must not be more than of' })
    .default({ drifted: 3, of: 4 }),
  /** So many clear looks in a row: it ends. */
  clear: z.number().int().min(1).max(288).default(2),
  /** A look is clear when everything is below this share of its warning floor. */
  clearShare: z.number().gt(0).max(1).default(0.7),
  /** `excuse`: what was the same in the same window a week ago is no drift; `tell`: it is one, and that is said. */
  season: z.enum(['tell', 'excuse']).default('tell'),
  /** A version registered longer ago is stale; absent: none ever is. */
  maxAgeDays: z.number().positive().max(36_500).optional(),
});

/** A drift policy, checked, with its defaults filled in. */
export type DriftPolicy = z.infer<typeof driftPolicySchema>;

import { Problem } from '@vinaigrette/problems';
import { z } from 'zod';
import type { Archive } from './archive.js';
import type { Range } from './domain/pane.js';
import { ruleDecays, type RuleDecay, type ServedRule } from './domain/rule-decay.js';
import type { WantedNow } from './wanted-now.js';
import type { WantedStates } from './wanted-states.js';

const rulesFile = z.object({
  rules: z.array(z.object({ antecedent: z.array(z.string()).min(1), consequent: z.string(), confidence: z.number() })),
});

/** So many baskets of the holdout are needed before the rules are counted on them alone. */
const HOLDOUT_MIN = 1_000;
const DAY_MS = 24 * 60 * 60 * 1_000;
/** Where a version keeps its association rules. */
export const RULES_FILE = 'rules.json';
const ASK_TIMEOUT_MS = 30_000;

export interface RuleDecays {
  /** Whose baskets were counted: the holdout saw no recommendation that could have filled its own. */
  countedOn: 'holdout' | 'everybody';
  baskets: number;
  /** What rests on most recommendations first. */
  rules: RuleDecay[];
}

/**
 * Whether the rules of a version still hold, from baskets alone: no label is needed. The basket of a unit and day is all
 * that it was asked with; what was recommended is counted for each request.
 */
export class ReadRuleDecay {
  /** By SHA-256: files never change. */
  private readonly rules = new Map<string, ServedRule[]>();

  constructor(
    private readonly archive: Archive,
    private readonly wanted: WantedNow,
    private readonly registry: WantedStates,
  ) {}

  /** Throws VERSION_NOT_FOUND unless the version is wanted and has a rules.json. */
  async read(model: string, version: number, range: Range): Promise<RuleDecays> {
    const rules = await this.rulesOf(model, version);
    const baskets = await this.archive.ask<{ items: string[]; holdout: boolean }>(
      `SELECT list_distinct(flatten(list(from_json(logged::json->'$.items', '["VARCHAR"]')))) AS items,
         bool_or(variant = 'holdout') AS holdout FROM predictions
       WHERE model = $1 AND occurred_at >= epoch_ms($2::bigint) AND occurred_at < epoch_ms($3::bigint)
         AND status <> 'shadow' AND logged IS NOT NULL
       GROUP BY coalesce(nullif(unit, ''), prediction_id), occurred_at::date`,
      [model, range.fromMs, range.toMs],
      range,
    );
    const recommended = await this.archive.ask<{ items: string[]; shown: string[] }>(
      `SELECT from_json(logged::json->'$.items', '["VARCHAR"]') AS items, shown FROM predictions
       WHERE model = $1 AND version = $2 AND occurred_at >= epoch_ms($3::bigint) AND occurred_at < epoch_ms($4::bigint)
         AND status = 'answered' AND logged IS NOT NULL AND len(shown) > 0`,
      [model, version, range.fromMs, range.toMs],
      range,
    );
    const untouched = baskets.filter(({ holdout }) => holdout);
    const counted = untouched.length >= HOLDOUT_MIN ? untouched : baskets;
    const decays = ruleDecays(
      rules,
      counted.map(({ items }) => new Set(items)),
      recommended.map(({ items, shown }) => ({ basket: new Set(items), shown })),
      (range.toMs - range.fromMs) / DAY_MS,
    );
    return {
      countedOn: counted === untouched ? 'holdout' : 'everybody',
      baskets: counted.length,
      rules: decays.sort((a, b) => b.recommendationsADay - a.recommendationsADay || a.rule - b.rule),
    };
  }

  /** The rules of a version in their order. Throws VERSION_NOT_FOUND as `read`. */
  async rulesOf(model: string, version: number): Promise<ServedRule[]> {
    const found = this.wanted.model(model)?.versions.find((wanted) => wanted.version === version);
    const file = found?.files.find(({ path }) => path === RULES_FILE);
    if (!file)
      throw new Problem('VERSION_NOT_FOUND', `${model} ${version} is not wanted, or has no rules.json`, {
        field: 'version',
      });
    const known = this.rules.get(file.sha256);
    if (known) return known;
    const bytes = await this.registry.download(file.sha256, AbortSignal.timeout(ASK_TIMEOUT_MS));
    const { rules } = rulesFile.parse(JSON.parse(new TextDecoder().decode(bytes)));
    this.rules.set(file.sha256, rules);
    return rules;
  }
}

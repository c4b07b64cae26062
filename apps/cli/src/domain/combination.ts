import { RolloutState, type AliasChange, type Rollout } from '@vinaigrette/contracts/registry';

/** An alias that stood elsewhere then. */
export interface AliasDifference {
  subject: { kind: string; name: string };
  alias: string;
  /** Versions; `now` 0: nobody. */
  now: number;
  then: number;
}

/** What is to be done so that the same combination answers again. */
export interface CombinationDifference {
  aliases: AliasDifference[];
  /** On trial now, and not then. */
  abort: Rollout[];
  /** On trial then, and not now; with the steps that were still before it. */
  start: Rollout[];
}

const UUID_V7 = /^([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i;
/** Rules and models before the use cases that name them. */
const ORDER = ['rule-set', 'model', 'use-case'];

/** The moment that a time or the id of a prediction names, in ms; undefined: neither. An id holds when it was made. */
export function momentMs(text: string): number | undefined {
  const [, high, low] = UUID_V7.exec(text) ?? [];
  const ms = high !== undefined && low !== undefined ? Number.parseInt(high + low, 16) : Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms;
}

/**
 * How what is in force differs from what was. Aliases that nobody held then are left alone: what came since is not
 * taken away. `changes` are all there are, of each subject newest first, as the registry lists them: their order counts and
 * not their times, since several may fall in one ms, and a clock that is set back gives later ones an earlier time.
 */
export function combinationDifference(
  changes: readonly AliasChange[],
  rollouts: readonly Rollout[],
  thenMs: number,
): CombinationDifference {
  const byAlias = new Map<string, AliasChange[]>();
  for (const change of changes) {
    const key = `${change.subject?.kind}/${change.subject?.name}/${change.alias}`;
    byAlias.set(key, [...(byAlias.get(key) ?? []), change]);
  }
  const aliases = [...byAlias.values()].map((all) => {
    const { subject, alias, to: now } = all[0] as AliasChange;
    const then = all.find(({ changedAtMs }) => changedAtMs <= thenMs)?.to ?? 0;
    const { kind = '', name = '' } = subject ?? {};
    return { subject: { kind, name }, alias, now, then };
  });
  const positions = rollouts.map((rollout) => ({ rollout, then: positionAt(rollout, thenMs) }));
  return {
    aliases: aliases.filter(({ now, then }) => then !== 0 && now !== then).sort(byOrder),
    abort: positions.filter(({ rollout, then }) => isActive(rollout.state) && !then).map(({ rollout }) => rollout),
    start: positions
      .filter(({ rollout, then }) => !isActive(rollout.state) && then)
      .map(({ rollout, then }) => ({ ...rollout, stepsBps: rollout.stepsBps.slice(then?.step) })),
  };
}

/** Where it stood then; undefined: it had not begun, or was over. */
function positionAt({ changes }: Rollout, ms: number): { step: number } | undefined {
  const last = changes.findLast(({ changedAtMs }) => changedAtMs <= ms);
  return last && isActive(last.state) ? { step: last.step } : undefined;
}

const isActive = (state: RolloutState): boolean => state === RolloutState.RUNNING || state === RolloutState.PAUSED;

const byOrder = (one: AliasDifference, other: AliasDifference): number =>
  ORDER.indexOf(one.subject.kind) - ORDER.indexOf(other.subject.kind) ||
  (one.subject.name < other.subject.name ? -1 : 1);

import { Problem } from '@vinaigrette/problems';

/** MLflow's stages are a view over aliases; Archived is a mark of its own. */
export type Stage = 'None' | 'Staging' | 'Production' | 'Archived';

const aliases: Partial<Record<Stage, string>> = { Staging: 'staging', Production: 'champion' };
const stages: readonly Stage[] = ['None', 'Staging', 'Production', 'Archived'];

/** The alias that a version in this stage holds; undefined: none. */
export const aliasOfStage = (stage: Stage): string | undefined => aliases[stage];

/** The aliases that are stages. */
export const stageAliases: readonly string[] = Object.values(aliases);

/** In which stage a version is that holds these aliases: Production speaks before Staging. */
export function stageOf(held: readonly string[], archived: boolean): Stage {
  const stage = [...stages].reverse().find((candidate) => held.includes(aliases[candidate] ?? ''));
  return stage ?? (archived ? 'Archived' : 'None');
}

/** Reads a stage in any case. Throws BODY_INVALID. */
export function readStage(text: string): Stage {
  const stage = stages.find((candidate) => candidate.toLowerCase() === text.toLowerCase());
  if (stage) return stage;
  throw new Problem(
    'BODY_INVALID',
    `${JSON.stringify(text.slice(0, 80))} is no stage; these are: ${stages.join(', ')}`,
    {
      field: 'stage',
    },
  );
}

import { createHash } from 'node:crypto';

export type Parameters = Readonly<Record<string, unknown>>;

/** One declared piece of a pipeline. What it answers is kept, and it runs again only when what it depends on changed. */
export interface Step {
  name: string;
  /** Steps whose answers it takes; each comes before it. */
  needs: readonly string[];
  /** Parameters it reads; it sees no others. */
  parameters: readonly string[];
  /**
   * Digest of what it reads from outside, a file for instance. null: nobody can tell whether that has changed, so it runs
   * each time - and the steps after it only when its answer is another one.
   */
  reads?: string | null | undefined;
  /** Anything structured clone can copy, the same for the same inputs. */
  run(answers: Readonly<Record<string, unknown>>, parameters: Parameters): Promise<unknown>;
}

/** What became of a step. */
export interface StepOutcome {
  name: string;
  /** Of what it depends on, hexadecimal. */
  key: string;
  cached: boolean;
  durationMs: number;
}

/**
 * The key of a step: equal keys, equal answers. Parameters that are absent and those that are undefined are one.
 *
 * @param code digest of the code that runs
 * @param needed digests of the answers it takes, by name of the step
 */
export function keyOf(
  step: Step,
  parameters: Parameters,
  code: string,
  needed: Readonly<Record<string, string>>,
): string {
  const read = step.parameters.filter((name) => parameters[name] !== undefined).sort();
  const said = [
    step.name,
    code,
    step.reads ?? '',
    read.map((name) => [name, parameters[name]]),
    [...step.needs].sort().map((name) => [name, needed[name]]),
  ];
  return createHash('sha256').update(JSON.stringify(said)).digest('hex');
}

/** The parameters a step may see. */
export function parametersOf({ parameters }: Step, all: Parameters): Parameters {
  return Object.fromEntries(parameters.map((name) => [name, all[name]]));
}

/** Throws RangeError when a name is given twice, or a step needs one that does not come before it. */
export function checkOrder(steps: readonly Step[]): void {
  const before = new Set<string>();
  for (const { name, needs } of steps) {
    const missing = needs.find((need) => !before.has(need));
    if (missing !== undefined) throw new RangeError(`The step ${name} needs ${missing}, which does not come before it`);
    if (before.has(name)) throw new RangeError(`Two steps are called ${name}`);
    before.add(name);
  }
}

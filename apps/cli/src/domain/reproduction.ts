import type { VersionFile } from '@vinaigrette/contracts/registry';
import type { Lineage } from '@vinaigrette/lineage';
import { Problem } from '@vinaigrette/problems';

/**
 * The words that train a version again, with the file and the folder in their places. Throws LINEAGE_NOT_FOUND when the
 * lineage does not say how it was trained.
 */
export function trainingWords({ command }: Lineage, data: string, outDir: string): string[] {
  if (command.length === 0) {
    throw new Problem('LINEAGE_NOT_FOUND', 'Its lineage names no command that trained it, so nothing can be run again');
  }
  return command.map((word) => word.replaceAll('{data}', data).replaceAll('{out}', outDir));
}

/** The data a version was trained on. Throws LINEAGE_NOT_FOUND when it is none, or more than one file. */
export function trainingData({ data }: Lineage): Lineage['data'][number] {
  const [only, ...more] = data;
  if (only && more.length === 0) return only;
  throw new Problem(
    'LINEAGE_NOT_FOUND',
    `Its lineage names ${data.length} data sets; one that is trained on was expected`,
  );
}

/** Whether the rows came out of a database, which goes on changing: what is read of it is only known once it is read. */
export const isOfDatabase = ({ name }: Lineage['data'][number]): boolean => /^postgres(ql)?:\/\//.test(name);

/** Throws LINEAGE_DIFFERS when a database no longer gives the rows that were trained on. */
export function checkRows(trained: Lineage['data'][number], again: Lineage['data'][number]): void {
  if (again.digest === trained.digest) return;
  const told = ({ rows, digest }: Lineage['data'][number]) => `${rows ?? 'unknown'} rows of SHA-256 ${digest}`;
  throw new Problem(
    'LINEAGE_DIFFERS',
    `${trained.name} has changed since: it gave ${told(trained)}, and gives ${told(again)}`,
    { field: 'data' },
  );
}

/** A file of a version beside the one that was made again. */
export interface FileComparison {
  path: string;
  state: 'same' | 'other' | 'missing';
}

/** `made`: SHA-256 by path. By path; what was made beyond the registered files is nobody's business. */
export function compareFiles(
  registered: readonly Pick<VersionFile, 'path' | 'sha256'>[],
  made: ReadonlyMap<string, string>,
): FileComparison[] {
  return registered
    .map(({ path, sha256 }): FileComparison => {
      const again = made.get(path);
      return { path, state: again === undefined ? 'missing' : again === sha256 ? 'same' : 'other' };
    })
    .sort((one, other) => (one.path < other.path ? -1 : 1));
}

/** What serves and what proves it must be the same; a card may tell of another time and another machine. */
export function isReproduced(files: readonly FileComparison[]): boolean {
  const decisive = ['model.onnx', 'signature.json', 'golden.json', 'baseline.json'];
  return files.every(({ path, state }) => state === 'same' || !decisive.includes(path));
}

import { createHash } from 'node:crypto';
import { Problem } from '@vinaigrette/problems';
import { checkPath, checkSha256 } from './names.js';

/** The one file that every version has. */
export const MODEL_FILE = 'model.onnx';
export const SIGNATURE_FILE = 'signature.json';
export const GOLDEN_FILE = 'golden.json';
export const BASELINE_FILE = 'baseline.json';
export const LINEAGE_FILE = 'lineage.json';

const FILES_MAX = 1_000;

/** A file as a caller names it; sizeBytes 0: the caller does not say. */
export interface NamedFile {
  path: string;
  sha256: string;
  sizeBytes: bigint;
}

/** Throws BODY_INVALID or MODEL_INVALID unless these can be the files of one version. */
export function checkFiles(files: readonly NamedFile[]): void {
  if (files.length > FILES_MAX) {
    throw new Problem('BODY_INVALID', `A version has at most ${FILES_MAX} files, not ${files.length}`, {
      field: 'files',
    });
  }
  const seen = new Set<string>();
  files.forEach(({ path, sha256 }, index) => {
    checkPath(path, `files[${index}].path`);
    checkSha256(sha256, `files[${index}].sha256`);
    if (seen.has(path)) {
      throw new Problem('BODY_INVALID', `Two files are both called ${path}`, { field: `files[${index}].path` });
    }
    seen.add(path);
  });
  const nested = files.findIndex(({ path }) => parentsOf(path).some((parent) => seen.has(parent)));
  if (nested !== -1) {
    const { path } = files[nested] as NamedFile;
    throw new Problem('BODY_INVALID', `${path} lies in a folder whose name is a file's`, {
      field: `files[${nested}].path`,
    });
  }
  if (!seen.has(MODEL_FILE)) {
    throw new Problem('MODEL_INVALID', `A version needs a file ${MODEL_FILE}; these have none`, { field: 'files' });
  }
}

/** SHA-256 over paths and contents, lower-case hex: equal for the same files in any order. */
export function filesDigest(files: readonly NamedFile[]): string {
  const lines = files.map(({ path, sha256 }) => `${sha256} ${path}\n`).sort();
  return createHash('sha256').update(lines.join('')).digest('hex');
}

function parentsOf(path: string): string[] {
  const parts = path.split('/');
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('/'));
}

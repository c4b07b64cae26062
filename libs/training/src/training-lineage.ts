import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { env as ort } from 'onnxruntime-node';
import { parseLineage, type Lineage, type ToldLineage } from '@vinaigrette/lineage';

const run = promisify(execFile);

/**
 * The lineage of a version that is trained here and now: what the training tells, and the code and the programs it ran
 * with. Without `root`, the folder of the code, or outside a repository, nothing is said of the code.
 */
export async function trainingLineage(
  told: Omit<ToldLineage, 'format' | 'code' | 'environment'>,
  root?: string,
): Promise<Lineage> {
  const code = root === undefined ? undefined : await codeOf(root);
  return parseLineage({
    ...told,
    format: 1,
    ...(code ? { code } : {}),
    environment: {
      node: process.versions.node,
      platform: `${process.platform}-${process.arch}`,
      ...(ort.versions.node ? { 'onnxruntime-node': ort.versions.node } : {}),
    },
  });
}

/** undefined: no repository, or no git. */
async function codeOf(root: string): Promise<Lineage['code']> {
  try {
    const { stdout: commit } = await run('git', ['rev-parse', 'HEAD'], { cwd: root });
    const { stdout: changes } = await run('git', ['status', '--porcelain', '--untracked-files=no'], { cwd: root });
    return { commit: commit.trim(), changed: changes.trim() !== '' };
  } catch {
    return undefined;
  }
}

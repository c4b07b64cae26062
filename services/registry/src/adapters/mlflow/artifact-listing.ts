import type { ArtifactTrees } from '../../artifact-trees.js';
import { checkArtifactPath, listFolder, pathOfUri } from '../../domain/mlflow/artifact-path.js';

/** What lies in a folder below a root, by its path from the root; nothing when the root is in somebody else's store. */
export async function listed(trees: ArtifactTrees, rootUri: string, path: string) {
  if (path !== '') checkArtifactPath(path);
  const root = pathOfUri(rootUri);
  if (root === undefined) return { root_uri: rootUri, files: [] };
  const folder = path === '' ? root : `${root}/${path}`;
  const entries = listFolder(folder, await trees.below(folder));
  const files = entries.map(({ name, isFolder, sizeBytes }) => ({
    path: path === '' ? name : `${path}/${name}`,
    is_dir: isFolder,
    ...(sizeBytes === undefined ? {} : { file_size: sizeBytes }),
  }));
  return { root_uri: rootUri, files };
}

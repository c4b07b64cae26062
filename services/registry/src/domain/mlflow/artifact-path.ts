import { Problem } from '@vinaigrette/problems';

/** What is registered lies below this folder, and nobody may change it. */
export const REGISTERED = 'registered';

const PATH_LENGTH_MAX = 1_024;
/** More often than anybody decodes what came decoded already. */
const DECODINGS_MAX = 8;
const PLAIN_NAME = /^[\w-][\w.-]*$/;
const SCHEME = 'mlflow-artifacts:/';

/**
 * Throws BODY_INVALID unless the path stays within the tree: relative, "/" between parts, no "." or "..". Nor may it lead
 * out of a folder somewhere else: where it is decoded once more, or on a machine whose drives have letters.
 */
export function checkArtifactPath(path: string): void {
  if (path.length <= PATH_LENGTH_MAX && readings(path).every(staysWithin)) return;
  const shown = JSON.stringify(path.slice(0, 80));
  throw new Problem('BODY_INVALID', `${shown} is not a path: relative, "/" between parts, without "." and ".."`, {
    field: 'path',
  });
}

const staysWithin = (path: string): boolean =>
  !/[\\\p{Cc}]|^[a-z]:/iu.test(path) && path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');

/** The path as it is, and as those read it who decode it again and again. */
function readings(path: string): string[] {
  const read = [path];
  for (let last = path; read.length <= DECODINGS_MAX; read.push(last)) {
    const decoded = decodedOnce(last);
    if (decoded === last) break;
    last = decoded;
  }
  return read;
}

/** Itself when it is no encoding of a text: "100 %" is a name. */
function decodedOnce(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** Throws ARTIFACT_IMMUTABLE for a path whose bytes belong to a registered version. */
export function checkWritable(path: string): void {
  if (path !== REGISTERED && !path.startsWith(`${REGISTERED}/`)) return;
  throw new Problem('ARTIFACT_IMMUTABLE', `${path} belongs to a registered version`, { field: 'path' });
}

/** Where the files of a registered model lie, each version's by its number. A name that fits no URI is its digest there. */
export const modelPath = (name: string, digest: (text: string) => string): string =>
  `${REGISTERED}/${PLAIN_NAME.test(name) ? name : digest(name)}`;

export const runPath = (experimentId: string, runId: string): string => `${experimentId}/${runId}/artifacts`;
export const loggedModelPath = (experimentId: string, modelId: string): string =>
  `${experimentId}/models/${modelId}/artifacts`;

export const uriOf = (path: string): string => `${SCHEME}${path}`;

/** The path within our tree; undefined when the URI leads to somebody else's store. */
export function pathOfUri(uri: string): string | undefined {
  if (!uri.startsWith(SCHEME)) return undefined;
  const path = uri.slice(SCHEME.length).replace(/^\/+/, '').replace(/\/+$/, '');
  checkArtifactPath(path);
  return path;
}

export interface ArtifactEntry {
  path: string;
  sizeBytes: number;
}

export interface ListedEntry {
  /** One part: the name within the folder that was listed. */
  name: string;
  isFolder: boolean;
  sizeBytes: number | undefined;
}

/** What lies directly in a folder, given every file below it, by name. */
export function listFolder(folder: string, below: readonly ArtifactEntry[]): ListedEntry[] {
  const listed = new Map<string, ListedEntry>();
  const prefix = folder === '' ? '' : `${folder}/`;
  for (const { path, sizeBytes } of below) {
    const [name = '', ...rest] = path.slice(prefix.length).split('/');
    const isFolder = rest.length > 0;
    listed.set(name, { name, isFolder, sizeBytes: isFolder ? undefined : sizeBytes });
  }
  return [...listed.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

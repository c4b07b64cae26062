/** Whether a file of a version's folder belongs to the version: hidden files and half-written ones do not. */
export function belongsToVersion(relativePath: string): boolean {
  return relativePath
    .split('/')
    .every((part) => !part.startsWith('.') && !part.endsWith('~') && !part.endsWith('.partial'));
}

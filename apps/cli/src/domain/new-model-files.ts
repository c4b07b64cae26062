const TEMPLATE_NAME = 'new-model';
const TEMPLATE_ROOT = '../../';
/** What tells from where in the repository a project builds and runs. */
const LINKED = ['package.json', 'tsconfig.json', 'jest.config.mjs'];
/** What the template's own builds and trainings leave beside its files. */
const MADE = ['dist', 'node_modules', 'version', '.vinaigrette', '.results'];

/** Whether a path of the template's folder is one of its files, and not made of them. */
export function belongsToTemplate(relativePath: string): boolean {
  const [first = ''] = relativePath.split('/');
  return !MADE.includes(first);
}

/**
 * A file of the template as the new model has it.
 *
 * @param rootPath from the new model's folder to the root of the checkout, ending in /
 */
export function fileOfModel(relativePath: string, text: string, name: string, rootPath: string): string {
  const named = text.replaceAll(TEMPLATE_NAME, name);
  return LINKED.includes(relativePath) ? named.replaceAll(TEMPLATE_ROOT, rootPath) : named;
}

/** The root's tsconfig.json with the new project among those that are built. */
export function withReference(tsconfig: string, projectPath: string): string {
  const config = JSON.parse(tsconfig) as { references: { path: string }[] };
  if (config.references.some(({ path }) => path === projectPath)) return tsconfig;
  const references = [...config.references, { path: projectPath }].sort((a, b) => (a.path < b.path ? -1 : 1));
  return `${JSON.stringify({ ...config, references }, null, 2)}\n`;
}

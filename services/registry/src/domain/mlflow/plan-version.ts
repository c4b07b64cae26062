import { MODEL_FILE, type NamedFile } from '../version-files.js';

/** What a logged model's folder is: files that can become a version which is served, or why they cannot. */
export type VersionPlan = { servable: true; files: NamedFile[] } | { servable: false; why: string; remedy: string };

/** The parts of an MLmodel file that are asked for. */
export interface LoggedDescription {
  flavors: Readonly<Record<string, { data?: string | undefined }>>;
}

/** What MLflow calls its description of a logged model. */
export const DESCRIPTION_FILE = 'MLmodel';
const NAME = /^[a-z0-9-]{1,64}$/;
/** MLflow puts a caller's extra files into this folder; those of a version lie beside the model. */
const EXTRA_FILE = /^extra_files\/((?:signature|golden|baseline|best-sellers|card|rules)\.json)$/;

/**
 * Plans a version of `name` from the files that were logged. `description` undefined: there is no MLmodel among them.
 * The whole folder belongs to the version, so that weights beside the graph and the environment stay with it.
 */
export function planVersion(
  name: string,
  logged: readonly NamedFile[],
  description: LoggedDescription | undefined,
): VersionPlan {
  if (!description) {
    return unserved('the source has no MLmodel file', 'Log the model with mlflow.onnx.log_model, then register that');
  }
  const flavors = Object.keys(description.flavors);
  const onnx = description.flavors['onnx'];
  if (!onnx) {
    return unserved(
      `its flavors are ${flavors.join(', ') || 'none'}, and only ONNX is served`,
      'Convert the model to ONNX (skl2onnx, torch.onnx, tf2onnx ...) and log it with mlflow.onnx.log_model',
    );
  }
  if (!NAME.test(name)) {
    return unserved(
      `its name ${JSON.stringify(name)} is not one that is served`,
      'Register it under a name of 1 to 64 of a-z, 0-9 and "-"',
    );
  }
  const graph = onnx.data ?? MODEL_FILE;
  if (!logged.some(({ path }) => path === graph)) {
    return unserved(`MLmodel names ${graph}, which was not logged`, 'Log the model again, and let the upload finish');
  }
  return { servable: true, files: logged.map((file) => ({ ...file, path: placeOf(file.path, graph) })) };
}

function placeOf(path: string, graph: string): string {
  if (path === graph) return MODEL_FILE;
  return EXTRA_FILE.exec(path)?.[1] ?? path;
}

const unserved = (why: string, remedy: string): VersionPlan => ({ servable: false, why, remedy });

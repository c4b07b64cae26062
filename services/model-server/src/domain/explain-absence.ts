import { Problem } from '@vinaigrette/problems';
import { idOf, wantedNames, type HeldVersion, type WantedModel } from './plan-versions.js';

/** A held version with the reason of its quarantine, when it is in one. */
export interface JudgedVersion extends HeldVersion {
  problem?: Problem;
}

/** Why nobody answers for this model and name (a number, an alias, or "": the default alias). */
export function explainAbsence(
  wanted: readonly WantedModel[],
  held: readonly JudgedVersion[],
  modelName: string,
  name: string,
): Problem {
  const model = wanted.find((candidate) => candidate.name === modelName);
  if (!model) return new Problem('MODEL_NOT_FOUND', `There is no model ${quoted(modelName)}`, { field: 'model_name' });
  const names = wantedNames(model);
  const asked = name === '' ? `${modelName} ${model.defaultAlias}` : `${modelName} ${quoted(name)}`;
  if (!names.has(name)) {
    const known = [...names.keys()].filter((key) => key !== '').join(', ') || 'none';
    return new Problem('VERSION_NOT_FOUND', `There is no ${asked}; this server has ${known}`, {
      field: 'model_version',
    });
  }
  const version = names.get(name);
  if (!version) {
    return new Problem('VERSION_NOT_FOUND', `${asked} points to a version that this server was not given`, {
      field: 'model_version',
    });
  }
  const state = held.find((candidate) => idOf(candidate.version) === idOf(version));
  if (state?.state === 'quarantined') {
    const why = state.problem ? `[${state.problem.code}] ${state.problem.message}` : 'it was found unfit';
    return new Problem('VERSION_QUARANTINED', `${asked} is not served: ${why}`, { field: 'model_version' });
  }
  return new Problem('MODEL_NOT_READY', `${asked} is still loading`, { field: 'model_version' });
}

/** What a caller sent, short enough to be shown. */
const quoted = (text: string): string => JSON.stringify(text.length > 64 ? `${text.slice(0, 64)}…` : text);

import type { ListedModel } from './monitor.js';
import type { Place } from './place.js';

/** Worst first: who opens the page without saying what to see is shown what needs a look. */
const urgency = ['FIRING', 'PENDING'];

/** The place with a model and a version: those named, else the most urgent, else the newest one in use. */
export function chooseVersion(place: Place, models: readonly ListedModel[]): Place {
  if (place.model !== undefined && place.version !== undefined) return place;
  const candidates = models
    .filter(({ model }) => place.model === undefined || model === place.model)
    .flatMap(({ model, versions }) => versions.map((version) => ({ model, ...version })));
  const chosen =
    urgency.map((state) => candidates.find((version) => version.state === state)).find(Boolean) ??
    candidates.find(({ wanted, predictions }) => wanted && predictions > 0) ??
    candidates.find(({ wanted }) => wanted) ??
    candidates[0];
  return chosen ? { ...place, model: chosen.model, version: chosen.version } : place;
}

import {
  ask,
  NoAnswer,
  type Compared,
  type Drift,
  type IssuedLook,
  type Kpi,
  type Measures,
  type Rules,
} from './monitor.js';
import { questionOf, type Place } from './place.js';
import type { Measured } from './state.js';

const WEEK_MS = 7 * 24 * 60 * 60 * 1_000;

/** Asks for all that is measured beside the drift. Rejects as `ask`. */
export async function askMeasured(
  place: Place,
  { fromMs, toMs }: Pick<Drift, 'fromMs' | 'toMs'>,
  hasRules: boolean,
  signal: AbortSignal,
): Promise<Measured> {
  const question = questionOf(place).toString();
  const whole = questionOf({ ...place, variant: '' });
  const week = { fromMs: Number(toMs) - WEEK_MS, toMs: Number(toMs) };
  const ofWeek = questionOf({ ...place, variant: '', window: week });
  const ofRange = questionOf({ ...place, variant: '', window: { fromMs: Number(fromMs), toMs: Number(toMs) } });
  const [measures, { kpis }, { comparisons }, { looks }, rules] = await Promise.all([
    ask<Measures>(`/v1/measures?${question}`, signal),
    ask<{ kpis: Kpi[] }>(`/v1/kpis?${question}`, signal),
    ask<{ comparisons: Compared[] }>(`/v1/comparisons?model=${place.model}`, signal),
    ask<{ looks: IssuedLook[] }>(`/v1/looks?${ofRange}`, signal),
    hasRules ? ask<Rules>(`/v1/rules?${ofWeek}`, signal) : undefined,
  ]);
  const worth = kpis.length > 0 ? await ask<{ says: string }>(`/v1/worth?${whole}`, signal) : undefined;
  const compared = comparisons.filter(({ version }) => version === place.version);
  return { question, measures, kpis, compared, looks, ...(worth && { worth: worth.says }), ...(rules && { rules }) };
}

/** Once it was asked for: as long as the page is open, and nowhere else. */
let operatorKey = '';

/** Makes the version of the rule set that hides a rule; answers what was done. Rejects as `ask`. */
export async function hideRule(place: Place, rule: string, says: string, signal: AbortSignal): Promise<string> {
  const path = `/v1/rules/${rule}/hide?model=${place.model}&version=${place.version}`;
  const body = JSON.stringify({ reason: `hidden on the monitor's page: ${says}` });
  const send = async () => {
    const headers = {
      'content-type': 'application/json',
      ...(operatorKey && { authorization: `Bearer ${operatorKey}` }),
    };
    return (await ask<{ says: string }>(path, signal, { method: 'POST', headers, body })).says;
  };
  try {
    return await send();
  } catch (error) {
    const key = error instanceof NoAnswer && error.code === 'KEY_REFUSED' && prompt("The operators' key");
    if (!key) throw error;
    operatorKey = key;
    return send();
  }
}

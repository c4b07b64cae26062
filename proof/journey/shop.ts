import type { ProblemDetails } from '@vinaigrette/problems';
import { TRUSTED_CALLER_TOKEN, type House } from './house.js';

/** The gateway's answer to a recommendation, as far as these journeys look at it. */
export interface Recommendation {
  predictionId: string;
  items: { sku: string; score: number; reasons: { because?: string[] }[] }[];
  servedBy: {
    useCase: { name: string; version: number } | string;
    model: string;
    version: number | null;
    variant: string;
    ruleSet: { name: string; version: number } | null;
    fallback: string | null;
  };
}

/** The monitor's answer about one window, as JSON: 64-bit counts are text, absent statistics are absent. */
export interface Drift {
  predictions?: string;
  fallbacks?: string;
  errors?: string;
  state?: string;
  why?: string;
  features?: {
    name: string;
    count?: string;
    psi?: number;
    effect?: number;
    ksLow?: number;
    ksHigh?: number;
    missing?: string;
    unseen?: string;
  }[];
}

export interface Answer<T> {
  status: number;
  contentType: string;
  body: T;
  text: string;
}

/** One request as a shop's front end would send it; a body that is text goes as it is. */
export async function call<T>(url: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer<T>> {
  const answer = await fetch(url, {
    ...(body === undefined ? {} : { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) }),
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
  });
  const text = await answer.text();
  const contentType = answer.headers.get('content-type') ?? '';
  return {
    status: answer.status,
    contentType,
    text,
    body: (contentType.includes('json') ? JSON.parse(text) : undefined) as T,
  };
}

/** Asks for recommendations; `occurredAt` in the body is believed, since the caller is trusted. */
export async function recommend(house: House, body: object): Promise<Recommendation> {
  const answer = await call<Recommendation & ProblemDetails>(`${house.gatewayUrl}/v1/recommendations`, body, trusted);
  if (answer.status !== 200) throw new Error(`${answer.status} ${answer.text}`);
  return answer.body;
}

export async function feedback(house: House, body: object): Promise<void> {
  const answer = await call(`${house.gatewayUrl}/v1/feedback`, body, trusted);
  if (answer.status !== 202) throw new Error(`${answer.status} ${answer.text}`);
}

/** What the monitor saw of a model version in `[from, to)`. */
export async function drift(house: House, query: Record<string, string | number>): Promise<Drift> {
  const answer = await call<Drift>(`${house.monitorUrl}/v1/drift?${queryOf(query)}`);
  if (answer.status !== 200) throw new Error(`${answer.status} ${answer.text}`);
  return answer.body;
}

/** Names and values as they stand behind the question mark. */
export function queryOf(query: Record<string, string | number>): string {
  return Object.entries(query)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join('&');
}

/** What lets a caller say when something happened. */
export const trusted = { 'x-vinaigrette-token': TRUSTED_CALLER_TOKEN };

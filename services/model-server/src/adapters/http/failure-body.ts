import type { Problem } from '@vinaigrette/problems';
import { v2StatusOf } from './statuses.js';

/** What the message of a failure may quote, in characters. */
const TEXT_MAX = 1_000;

/** A failure as the protocol's version 2 tells it: `{"error": "[CODE] ..."}`. */
export interface Failure {
  status: number;
  headers: Record<string, string>;
  body: { error: string };
}

export function failureOf(problem: Problem): Failure {
  const { message, code, remedy, retryAfterMs } = problem;
  const text = message.length > TEXT_MAX ? `${message.slice(0, TEXT_MAX)}…` : message;
  return {
    status: v2StatusOf(problem),
    headers: retryAfterMs === undefined ? {} : { 'retry-after': String(Math.ceil(retryAfterMs / 1_000)) },
    body: { error: `[${code}] ${text}. Remedy: ${remedy}` },
  };
}

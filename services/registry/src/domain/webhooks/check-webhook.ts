import { Problem } from '@vinaigrette/problems';

/** What can be told, by its type. */
export const EVENT_TYPES = ['alias.moved', 'version.ready', 'rollout.changed', 'artifact.corrupt'] as const;
export type EventType = (typeof EVENT_TYPES)[number];

const URL_LENGTH_MAX = 2_000;

/** Throws BODY_INVALID for a URL nobody can post to, or that carries a password into every log. */
export function checkWebhookUrl(text: string): void {
  const url = URL.canParse(text) && text.length <= URL_LENGTH_MAX ? new URL(text) : undefined;
  const refuse = (why: string) => new Problem('BODY_INVALID', why, { field: 'url' });
  if (!url || !['http:', 'https:'].includes(url.protocol)) throw refuse('A webhook wants an http or https URL');
  if (url.username !== '' || url.password !== '') throw refuse('The URL of a webhook has neither user nor password');
}

/** Throws BODY_INVALID for a type that never happens. */
export function checkEventTypes(types: readonly string[]): void {
  types.forEach((type, index) => {
    if ((EVENT_TYPES as readonly string[]).includes(type)) return;
    throw new Problem('BODY_INVALID', `There is no event ${type.slice(0, 80)}: ${EVENT_TYPES.join(', ')}`, {
      field: `types[${index}]`,
    });
  });
}

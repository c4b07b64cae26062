import type { Route } from '@vinaigrette/documents';

type Form = Extract<Route, { accepts: 'form' }>;

const escape = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

/** What a page says below its form: the answer, or why there is none. */
export type Said = { role: 'status' | 'alert'; text: string };

/** The form of a use case's inputs, with what was sent, and what is said to it. */
export function predictionPage(
  { title, path }: Form,
  inputs: readonly string[],
  sent: Readonly<Record<string, unknown>>,
  said?: Said,
): string {
  const fields = inputs.map((name) => {
    const value = Object.hasOwn(sent, name) ? escape(String(sent[name])) : '';
    return `<p><label>${escape(name)} <input name="${escape(name)}" value="${value}" required></label></p>`;
  });
  const answer = said ? `<p role="${said.role}"><strong>${escape(said.text)}</strong></p>` : '';
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escape(title)}</title></head>
<body>
<h1>${escape(title)}</h1>
<form method="post" action="${escape(path)}">
${fields.join('\n')}
<p><button>Predict</button></p>
</form>
${answer}
</body>
</html>
`;
}

/** The sentence with the number in it, rounded to the route's decimals. */
export const sentenceOf = ({ sentence, decimals }: Form, value: unknown): string =>
  sentence.replace('{value}', () => (typeof value === 'number' ? value.toFixed(decimals) : String(value)));

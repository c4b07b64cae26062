import { Problem } from '@vinaigrette/problems';

/** A piece of a filter as it is written, quotes included. */
export interface Token {
  kind: 'name' | 'text' | 'number' | 'sign';
  text: string;
}

const patterns: readonly { kind: Token['kind'] | 'space'; pattern: RegExp }[] = [
  { kind: 'space', pattern: /\s+/y },
  // A prefix and a key; the key may be quoted because it holds what a bare name cannot.
  { kind: 'name', pattern: /[A-Za-z_][\w]*\.(?:`(?:[^`]|``)+`|"(?:[^"]|"")+")/y },
  { kind: 'number', pattern: /[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?![\w.])/y },
  { kind: 'name', pattern: /[A-Za-z_][\w./-]*/y },
  { kind: 'name', pattern: /`(?:[^`]|``)+`/y },
  { kind: 'text', pattern: /'(?:[^']|'')*'|"(?:[^"]|"")*"/y },
  { kind: 'sign', pattern: /!=|<=|>=|=|<|>|\(|\)|,/y },
];

/** Cuts a filter into its pieces. Throws QUERY_INVALID at the first character that begins none. */
export function readTokens(text: string): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < text.length;) {
    const found = patterns
      .map(({ kind, pattern }) => {
        pattern.lastIndex = at;
        return { kind, text: pattern.exec(text)?.[0] };
      })
      .find((match) => match.text !== undefined);
    if (found?.text === undefined) {
      const shown = JSON.stringify(text.slice(at, at + 20));
      throw new Problem('QUERY_INVALID', `The search cannot be read at character ${at + 1}: ${shown}`, {
        field: 'filter',
      });
    }
    if (found.kind !== 'space') tokens.push({ kind: found.kind, text: found.text });
    at += found.text.length;
  }
  return tokens;
}

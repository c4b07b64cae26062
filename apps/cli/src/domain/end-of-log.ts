/** The last lines of a service's log for people: of a JSON line only its message. */
export function endOfLog(text: string, lines: number): string {
  return text.trimEnd().split('\n').slice(-lines).map(messageOf).join('\n');
}

function messageOf(line: string): string {
  try {
    const { msg } = JSON.parse(line) as { msg?: unknown };
    return typeof msg === 'string' ? `  ${msg}` : `  ${line}`;
  } catch {
    return `  ${line}`;
  }
}

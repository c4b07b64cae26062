import type { Field } from './hpack.js';
import type { Headers } from './http2-stream.js';

const PSEUDO = new Set([':method', ':scheme', ':path', ':authority']);
const NAME = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;
const VALUE_UNFIT = /[\0\r\n]/;
/** What HTTP/2 has no use for (RFC 9113, 8.2.2). */
const OF_CONNECTIONS = new Set([
  'connection',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
]);

/** The headers by name, those that came twice in one; undefined when they are no request's (RFC 9113, 8.2 and 8.3). */
export function headersOf(fields: readonly Field[]): Headers | undefined {
  const headers: Record<string, string> = {};
  let regular = false;
  for (const [name, value] of fields) {
    const pseudo = name.startsWith(':');
    const before = Object.hasOwn(headers, name) ? headers[name] : undefined;
    if (pseudo ? regular || before !== undefined || !PSEUDO.has(name) : !isFit(name, value)) return undefined;
    if (VALUE_UNFIT.test(value)) return undefined;
    regular ||= !pseudo;
    headers[name] = before === undefined ? value : `${before}${name === 'cookie' ? '; ' : ', '}${value}`;
  }
  return headers[':method'] && headers[':scheme'] && headers[':path'] ? headers : undefined;
}

const isFit = (name: string, value: string): boolean =>
  NAME.test(name) && !OF_CONNECTIONS.has(name) && (name !== 'te' || value === 'trailers');

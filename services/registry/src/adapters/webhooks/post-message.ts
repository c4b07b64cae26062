import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import type { Outcome } from '../../domain/webhooks/next-attempt.js';
import type { ReachableAddresses } from './reachable-addresses.js';

const TIMEOUT_MS = 10_000; // from the name's look-up to the answer's headers

/**
 * Posts a message and answers with the status, or with why there is none. The name is resolved and judged once, and that
 * very address is connected to, so a name cannot change its mind between the two. Redirects are not followed; of the
 * answer nothing but its status is read.
 */
export async function postMessage(
  addresses: ReachableAddresses,
  url: URL,
  headers: Record<string, string>,
  body: string,
): Promise<Outcome> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  try {
    const address = await addresses.resolve(url.hostname);
    return {
      status: await post(url, address, { ...headers, 'content-length': String(Buffer.byteLength(body)) }, body, signal),
    };
  } catch (error) {
    return { error: signal.aborted ? `no answer within ${TIMEOUT_MS} ms` : (error as Error).message.slice(0, 200) };
  }
}

function post(
  url: URL,
  address: string,
  headers: Record<string, string>,
  body: string,
  signal: AbortSignal,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const request = send(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': 'vinaigrette-webhooks', ...headers },
      agent: false, // a connection of its own: one that is kept alive was judged for another message
      lookup: (_host, options, told) => {
        const family = isIP(address);
        // Node asks for all addresses, or for one, by `options.all`.
        if (options.all) told(null, [{ address, family }]);
        else told(null, address, family);
      },
      signal,
    });
    request.on('response', (response) => {
      resolve(response.statusCode ?? 0);
      response.destroy();
    });
    request.on('error', reject);
    request.end(body);
  });
}

import { createHmac } from 'node:crypto';

const SECRET = /^whsec_([A-Za-z0-9+/]+={0,2})$/;

/** A webhook's secret as people paste it, of its random bytes. */
export const secretText = (bytes: Uint8Array): string => `whsec_${Buffer.from(bytes).toString('base64')}`;

/**
 * The headers of a message as Standard Webhooks 1.0 has them: HMAC-SHA-256 over "id.timestamp.body", base64 after "v1,".
 * `atMs`: when this attempt is made; receivers refuse what is minutes old.
 */
export function signedHeaders(secret: string, id: string, body: string, atMs: number): Record<string, string> {
  const encoded = SECRET.exec(secret)?.[1];
  if (encoded === undefined) throw new RangeError('A webhook has a secret of another form than whsec_...');
  const timestamp = Math.floor(atMs / 1_000);
  const hmac = createHmac('sha256', Buffer.from(encoded, 'base64')).update(`${id}.${timestamp}.${body}`);
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': `v1,${hmac.digest('base64')}`,
  };
}

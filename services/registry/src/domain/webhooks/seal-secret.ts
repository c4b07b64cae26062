import { createCipheriv, createDecipheriv, createHash } from 'node:crypto';

const ALGORITHM = 'aes-256-gcm';
export const KEY_BYTES = 32;
export const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const SEALED = /^sealed:([0-9a-f]{8}):([A-Za-z0-9+/]+={0,2})$/;

/** The first seals, all of them open: so a key is changed by putting the new one before the old. Empty: nothing is sealed. */
export type SealingKeys = readonly Uint8Array[];

/**
 * A webhook's secret as it is kept: `sealed:KEY:...`, KEY being the first 8 digits of the key's SHA-256, then base64 of
 * nonce, tag and AES-256-GCM of the secret. It opens for that webhook alone. `nonce`: 12 random bytes, never used twice.
 */
export function sealSecret(secret: string, webhookId: string, keys: SealingKeys, nonce: Uint8Array): string {
  const [key] = keys;
  if (!key) return secret;
  const cipher = createCipheriv(ALGORITHM, key, nonce).setAAD(Buffer.from(webhookId));
  const sealed = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
  return `sealed:${nameOf(key)}:${Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64')}`;
}

/** The secret; undefined: none of the keys opens it, or it was kept for another webhook. What was never sealed is itself. */
export function openSecret(kept: string, webhookId: string, keys: SealingKeys): string | undefined {
  const [, name, content = ''] = SEALED.exec(kept) ?? [];
  if (name === undefined) return kept;
  const key = keys.find((one) => nameOf(one) === name);
  if (!key) return undefined;
  const bytes = Buffer.from(content, 'base64');
  const tagEnd = NONCE_BYTES + TAG_BYTES;
  if (bytes.byteLength < tagEnd) return undefined;
  const decipher = createDecipheriv(ALGORITHM, key, bytes.subarray(0, NONCE_BYTES))
    .setAAD(Buffer.from(webhookId))
    .setAuthTag(bytes.subarray(NONCE_BYTES, tagEnd));
  try {
    return decipher.update(bytes.subarray(tagEnd), undefined, 'utf8') + decipher.final('utf8');
  } catch {
    return undefined; // changed by somebody, or of another webhook
  }
}

/** Whether it is kept as the first of the keys would keep it now. */
export const isSealedByFirst = (kept: string, keys: SealingKeys): boolean =>
  keys[0] === undefined || SEALED.exec(kept)?.[1] === nameOf(keys[0]);

const nameOf = (key: Uint8Array): string => createHash('sha256').update(key).digest('hex').slice(0, 8);

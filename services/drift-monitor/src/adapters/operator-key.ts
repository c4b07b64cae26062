import { createHash, timingSafeEqual } from 'node:crypto';

/** Whether an `authorization` header shows the operators' key, as `Bearer KEY`. */
export function operatorKey(key: string): (authorization: string | null | undefined) => boolean {
  const digest = digestOf(`Bearer ${key}`);
  return (authorization) => timingSafeEqual(digestOf(authorization ?? ''), digest);
}

/** Digests are of one length, so that comparing them tells nothing of the key. */
const digestOf = (text: string): Buffer => createHash('sha256').update(text).digest();

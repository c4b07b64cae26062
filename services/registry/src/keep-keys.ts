import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { Role, type AuditEntry, type CreateKeyRequest, type Key } from '@vinaigrette/contracts/registry';
import { Problem } from '@vinaigrette/problems';
import type { AccessKeys, AuditedCall, AuditedLine } from './access-keys.js';
import { mayCall } from './domain/may-call.js';
import { checkActor, checkName } from './domain/names.js';

const SECRET_BYTES = 32;
const KEY_TEXT = /^vin_([0-9a-f]{16})_[\w-]{43}$/;
const AUDIT_DEFAULT = 100;
const AUDIT_MAX = 1_000;
/** How the key of the environment is called in the audit. */
const ADMIN_KEY_ID = 'admin';

/** Issues keys, knows them again by their digest, and tells what was done with them. */
export class KeepKeys {
  /** `adminKey`: a key of the environment that may everything, so that there is a first one; undefined: no key is asked for. */
  constructor(
    private readonly keys: AccessKeys,
    private readonly adminKey: string | undefined,
  ) {}

  async create({ name, role, subjects, actor }: CreateKeyRequest): Promise<{ key: Key; text: string }> {
    checkActor(name, 'name');
    checkActor(actor, 'actor');
    if (role === Role.UNSPECIFIED) {
      throw new Problem('BODY_INVALID', 'The role is missing: read, register, promote or admin', { field: 'role' });
    }
    subjects.forEach((subject, index) => checkName(subject, `subjects[${index}]`));
    const id = randomBytes(8).toString('hex');
    const text = `vin_${id}_${randomBytes(SECRET_BYTES).toString('base64url')}`;
    return { key: await this.keys.add({ id, name, role, subjects, createdBy: actor }, digestOf(text)), text };
  }

  list(): Promise<Key[]> {
    return this.keys.list();
  }

  async revoke(id: string, actor: string): Promise<Key> {
    checkActor(actor, 'actor');
    const key = await this.keys.revoke(id.slice(0, 64));
    if (!key) throw new Problem('KEY_NOT_FOUND', `There is no key ${id.slice(0, 64)}`, { field: 'id' });
    return key;
  }

  audit(limit: number): Promise<AuditEntry[]> {
    return this.keys.audit(Math.min(limit || AUDIT_DEFAULT, AUDIT_MAX));
  }

  /** The id of the key that lets the call pass; "" where no key is asked for. Throws KEY_REFUSED. */
  async open(authorization: string | null, method: string, subject: string): Promise<string> {
    if (this.adminKey === undefined) return '';
    const text = /^Bearer (\S+)$/i.exec(authorization ?? '')?.[1];
    if (text === undefined) throw new Problem('KEY_REFUSED', 'The call brings no key');
    if (timingSafeEqual(digestOf(text), digestOf(this.adminKey))) return ADMIN_KEY_ID;
    const id = KEY_TEXT.exec(text)?.[1];
    const found = id === undefined ? undefined : await this.keys.find(id);
    if (!found || !timingSafeEqual(found.digest, digestOf(text)) || found.key.revokedAtMs !== 0n) {
      throw new Problem('KEY_REFUSED', 'The key is unknown, or was revoked');
    }
    if (!mayCall(found.key, method, subject)) {
      throw new Problem('KEY_REFUSED', `The key of ${found.key.name} may not ${method} ${subject}`.trimEnd());
    }
    return found.key.id;
  }

  audited(line: AuditedLine): AuditedCall {
    return this.keys.audited(line);
  }
}

/** A secret of 256 random bits needs no salt and no slow digest: nobody guesses it. */
const digestOf = (text: string): Buffer => createHash('sha256').update(text).digest();

import type { AuditEntry, Key } from '@vinaigrette/contracts/registry';

/** Keys as digests only, and the record of every call that may have changed something. */
export abstract class AccessKeys {
  abstract add(
    key: Omit<Key, '$typeName' | '$unknown' | 'createdAtMs' | 'revokedAtMs'>,
    digest: Uint8Array,
  ): Promise<Key>;
  /** Also one that was revoked; undefined: there is none of that id. */
  abstract find(id: string): Promise<{ key: Key; digest: Uint8Array } | undefined>;
  /** Newest first. */
  abstract list(): Promise<Key[]>;
  /** From now on it opens nothing; once revoked it stays so. undefined: there is none of that id. */
  abstract revoke(id: string): Promise<Key | undefined>;
  abstract record(entry: Omit<AuditEntry, '$typeName' | '$unknown' | 'atMs'>): Promise<void>;
  /** Newest first. */
  abstract audit(limit: number): Promise<AuditEntry[]>;
}

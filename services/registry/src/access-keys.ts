import type { AuditEntry, Key } from '@vinaigrette/contracts/registry';

export type AuditedLine = Pick<AuditEntry, 'method' | 'actor' | 'key' | 'subject'>;

/** A call and its line in the audit, which is part of the first transaction that `run` commits. */
export interface AuditedCall {
  run<T>(work: () => T): T;
  /** Adds the line of a call that wrote nothing, or did not end well. `outcome`: "ok", or the code of its failure. */
  end(outcome: string): Promise<void>;
}

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
  /** A call that may change something, before it does. */
  abstract audited(line: AuditedLine): AuditedCall;
  /** Newest first. */
  abstract audit(limit: number): Promise<AuditEntry[]>;
}

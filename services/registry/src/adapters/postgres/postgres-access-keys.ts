import { create } from '@bufbuild/protobuf';
import { AuditEntrySchema, KeySchema, Role, type AuditEntry, type Key } from '@vinaigrette/contracts/registry';
import { AccessKeys, type AuditedCall, type AuditedLine } from '../../access-keys.js';
import type { Database } from './database.js';

interface KeyRow {
  id: string;
  name: string;
  role: keyof typeof Role;
  subjects: string[];
  digest: Buffer;
  created_at: Date;
  created_by: string;
  revoked_at: Date | null;
}

interface AuditRow {
  at: Date;
  method: string;
  actor: string;
  key_id: string;
  subject: string;
  outcome: string;
}

export class PostgresAccessKeys extends AccessKeys {
  constructor(private readonly database: Database) {
    super();
  }

  async add(
    { id, name, role, subjects, createdBy }: Omit<Key, '$typeName' | '$unknown' | 'createdAtMs' | 'revokedAtMs'>,
    digest: Uint8Array,
  ): Promise<Key> {
    const [row] = await this.database.change<KeyRow[]>(
      `INSERT INTO registry.access_key (id, name, role, subjects, digest, created_by)
       VALUES ($1, $2, $3, $4, $5, $6) RETURNING *`,
      [id, name, Role[role], subjects, Buffer.from(digest), createdBy],
    );
    return keyOf(row as KeyRow);
  }

  async find(id: string): Promise<{ key: Key; digest: Uint8Array } | undefined> {
    const [row] = await this.query<KeyRow>('SELECT * FROM registry.access_key WHERE id = $1', [id]);
    return row && { key: keyOf(row), digest: row.digest };
  }

  async list(): Promise<Key[]> {
    return (await this.query<KeyRow>('SELECT * FROM registry.access_key ORDER BY created_at DESC, id', [])).map(keyOf);
  }

  async revoke(id: string): Promise<Key | undefined> {
    const [rows] = await this.database.change<[KeyRow[], number]>(
      'UPDATE registry.access_key SET revoked_at = coalesce(revoked_at, now()) WHERE id = $1 RETURNING *',
      [id],
    );
    return rows[0] && keyOf(rows[0]);
  }

  audited(line: AuditedLine): AuditedCall {
    return this.database.audited(line);
  }

  async audit(limit: number): Promise<AuditEntry[]> {
    const rows = await this.query<AuditRow>('SELECT * FROM registry.audit ORDER BY id DESC LIMIT $1', [limit]);
    return rows.map(({ at, method, actor, key_id, subject, outcome }) =>
      create(AuditEntrySchema, { atMs: BigInt(at.getTime()), method, actor, key: key_id, subject, outcome }),
    );
  }

  private query<Row>(text: string, values: unknown[]): Promise<Row[]> {
    return this.database.query<Row[]>(text, values);
  }
}

const keyOf = (row: KeyRow): Key =>
  create(KeySchema, {
    id: row.id,
    name: row.name,
    role: Role[row.role],
    subjects: row.subjects,
    createdAtMs: BigInt(row.created_at.getTime()),
    createdBy: row.created_by,
    revokedAtMs: BigInt(row.revoked_at?.getTime() ?? 0),
  });

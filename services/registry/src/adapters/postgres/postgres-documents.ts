import type { Document } from '@vinaigrette/contracts/registry';
import type { NumberDecision } from '../../domain/decide-number.js';
import type { VersionChoice } from '../../domain/names.js';
import { Documents, type DocumentDraft } from '../../documents.js';
import { lockUntilCommit, type Database } from './database.js';
import { DocumentRow } from './entities.js';
import { documentOf } from './messages.js';
import { holderOf } from './postgres-model-versions.js';

export class PostgresDocuments extends Documents {
  constructor(private readonly database: Database) {
    super();
  }

  async add(
    draft: DocumentDraft,
    decide: (same: number | undefined, highest: number) => NumberDecision,
  ): Promise<{ document: Document; created: boolean }> {
    return this.database.write(async (manager) => {
      const { kind, name, sha256 } = draft;
      await lockUntilCommit(manager, kind, name);
      const same = await manager.findOneBy(DocumentRow, { kind, name, sha256 });
      const highest = await manager.maximum(DocumentRow, 'version', { kind, name });
      const { version, created } = decide(same?.version, highest ?? 0);
      if (same) return { document: documentOf(same), created };
      await manager.insert(DocumentRow, { ...draft, version });
      return { document: documentOf(await manager.findOneByOrFail(DocumentRow, { kind, name, version })), created };
    });
  }

  async find(kind: string, name: string, choice: VersionChoice): Promise<Document | undefined> {
    return this.database.read(async (manager) => {
      const version = 'version' in choice ? choice.version : await holderOf(manager, kind, name, choice.alias);
      const row = version && (await manager.findOneBy(DocumentRow, { kind, name, version }));
      return row ? documentOf(row) : undefined;
    });
  }

  async list(kind?: string): Promise<Document[]> {
    const order = { kind: 'ASC', name: 'ASC', version: 'DESC' } as const;
    const where = kind === undefined ? {} : { kind };
    const rows = await this.database.read((manager) => manager.find(DocumentRow, { where, order }));
    return rows.map(documentOf);
  }
}

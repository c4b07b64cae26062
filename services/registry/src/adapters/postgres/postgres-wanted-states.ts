import type { WantedState } from '@vinaigrette/contracts/registry';
import type { EntityManager } from 'typeorm';
import { MODEL_KIND } from '../../domain/names.js';
import { wantedState } from '../../domain/wanted-state.js';
import { WantedStates } from '../../wanted-states.js';
import type { Database } from './database.js';
import { AliasRow, DocumentRow, ModelVersionRow, WantedRevisionRow } from './entities.js';
import { documentOf, modelVersionOf } from './messages.js';

export class PostgresWantedStates extends WantedStates {
  constructor(private readonly database: Database) {
    super();
  }

  revision(): Promise<bigint> {
    return this.database.read(readRevision);
  }

  read(): Promise<WantedState> {
    return this.database.read(async (manager) => {
      const revision = await readRevision(manager);
      const held = await manager.find(AliasRow);
      const versions = await manager
        .createQueryBuilder(ModelVersionRow, 'version')
        .where(
          `EXISTS (SELECT FROM registry.alias held
                   WHERE held.kind = :kind AND held.name = version.model AND held.version = version.version)`,
          { kind: MODEL_KIND },
        )
        .getMany();
      const documents = await manager
        .createQueryBuilder(DocumentRow, 'document')
        .where(
          `EXISTS (SELECT FROM registry.alias held
                   WHERE held.kind = document.kind AND held.name = document.name AND held.version = document.version)`,
        )
        .getMany();
      return wantedState(revision, held, versions.map(modelVersionOf), documents.map(documentOf));
    });
  }
}

export async function readRevision(manager: EntityManager): Promise<bigint> {
  const row = await manager.findOneByOrFail(WantedRevisionRow, { id: 1 });
  return BigInt(row.revision);
}

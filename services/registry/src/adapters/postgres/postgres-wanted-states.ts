import type { WantedState } from '@vinaigrette/contracts/registry';
import { In } from 'typeorm';
import { MODEL_KIND } from '../../domain/names.js';
import { wantedState } from '../../domain/wanted-state.js';
import { WantedStates } from '../../wanted-states.js';
import type { Database } from './database.js';
import { AliasRow, DocumentRow, ModelVersionRow } from './entities.js';
import { documentOf, modelVersionOf } from './messages.js';
import { ACTIVE, rolloutOf } from './rollout-changes.js';
import { RolloutRow } from './rollout-entities.js';
import { readRevision } from './wanted-revision.js';

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
      const rollouts = await manager.findBy(RolloutRow, { state: In(ACTIVE) });
      const versions = await manager
        .createQueryBuilder(ModelVersionRow, 'version')
        .where(
          `EXISTS (SELECT FROM registry.alias held
                   WHERE held.kind = :kind AND held.name = version.model
                     AND version.version IN (held.version, held.previous))
           OR EXISTS (SELECT FROM registry.rollout tried
                      WHERE tried.subject_kind = :kind AND tried.name = version.model
                        AND tried.candidate = version.version AND tried.state IN (:...active))`,
          { kind: MODEL_KIND, active: ACTIVE },
        )
        .getMany();
      const documents = await manager
        .createQueryBuilder(DocumentRow, 'document')
        .where(
          `EXISTS (SELECT FROM registry.alias held
                   WHERE held.kind = document.kind AND held.name = document.name AND held.version = document.version)
           OR EXISTS (SELECT FROM registry.rollout tried
                      WHERE tried.subject_kind = document.kind AND tried.name = document.name
                        AND tried.candidate = document.version AND tried.state IN (:...active))`,
          { active: ACTIVE },
        )
        .getMany();
      return wantedState(
        revision,
        held,
        rollouts.map((row) => rolloutOf(row, [])),
        versions.map(modelVersionOf),
        documents.map(documentOf),
      );
    });
  }
}

import type { ModelVersion } from '@vinaigrette/contracts/registry';
import { parseLineage, type Lineage } from '@vinaigrette/lineage';
import { Lineages, type Origin } from '../../lineages.js';
import type { Database } from './database.js';
import { LineageRow, ModelVersionRow } from './entities.js';
import { modelVersionOf } from './messages.js';

export class PostgresLineages extends Lineages {
  constructor(private readonly database: Database) {
    super();
  }

  async find(model: string, version: number): Promise<Lineage | undefined> {
    const row = await this.database.read((manager) => manager.findOneBy(LineageRow, { model, version }));
    return row ? parseLineage(row.lineage) : undefined;
  }

  async versionsFrom(origin: Origin, limit: number): Promise<ModelVersion[]> {
    const rows = await this.database.read((manager) =>
      manager
        .createQueryBuilder(ModelVersionRow, 'version')
        .innerJoin(LineageRow, 'told', 'told.model = version.model AND told.version = version.version')
        .where('told.lineage @> :origin::jsonb', { origin: JSON.stringify(origin) })
        .orderBy({ 'version.model': 'ASC', 'version.version': 'DESC' })
        .limit(limit)
        .getMany(),
    );
    return rows.map(modelVersionOf);
  }
}

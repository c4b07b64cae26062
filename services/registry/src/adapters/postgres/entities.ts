import { RolloutChangeRow, RolloutCountRow, RolloutRow } from './rollout-entities.js';
import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn, PrimaryGeneratedColumn, Unique } from 'typeorm';

/** A version's file as its row keeps it: JSON has no 64-bit integers, and 2 GiB is far below 2^53. */
export interface FileRow {
  path: string;
  sha256: string;
  sizeBytes: number;
}

@Entity({ schema: 'registry', name: 'model_version' })
@Unique('model_version_files', ['model', 'filesDigest'])
@Check('model_version_from_one', 'version >= 1')
export class ModelVersionRow {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'model_version_key' })
  model!: string;

  @PrimaryColumn('integer', { primaryKeyConstraintName: 'model_version_key' })
  version!: number;

  /** SHA-256 over paths and contents, lower-case hex. */
  @Column('text', { name: 'files_digest' })
  filesDigest!: string;

  @Column('jsonb')
  files!: FileRow[];

  @Column('text', { name: 'signature_json' })
  signatureJson!: string;

  @Column('bytea', { name: 'schema_id' })
  schemaId!: Buffer;

  @Column('boolean', { name: 'has_baseline' })
  hasBaseline!: boolean;

  @Column('text')
  description!: string;

  @Column('text', { name: 'created_by' })
  createdBy!: string;

  @Column('timestamptz', { name: 'created_at', default: () => 'now()' })
  createdAt!: Date;
}

/** Where a version comes from, as its lineage.json or its run told. */
@Entity({ schema: 'registry', name: 'lineage' })
@ForeignKey(() => ModelVersionRow, ['model', 'version'], ['model', 'version'], { name: 'lineage_version' })
@Index('lineage_origins', { synchronize: false }) // gin, which the decorator cannot say
export class LineageRow {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'lineage_key' })
  model!: string;

  @PrimaryColumn('integer', { primaryKeyConstraintName: 'lineage_key' })
  version!: number;

  @Column('jsonb')
  lineage!: unknown;
}

@Entity({ schema: 'registry', name: 'document' })
@Unique('document_body', ['kind', 'name', 'sha256'])
@Check('document_from_one', 'version >= 1')
export class DocumentRow {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'document_key' })
  kind!: string;

  @PrimaryColumn('text', { primaryKeyConstraintName: 'document_key' })
  name!: string;

  @PrimaryColumn('integer', { primaryKeyConstraintName: 'document_key' })
  version!: number;

  /** Text and not jsonb: the digest is of these very bytes. */
  @Column('text', { name: 'body_json' })
  bodyJson!: string;

  @Column('text')
  sha256!: string;

  @Column('text', { name: 'created_by' })
  createdBy!: string;

  @Column('timestamptz', { name: 'created_at', default: () => 'now()' })
  createdAt!: Date;
}

/** Who holds which alias now. An alias that nobody holds has no row. */
@Entity({ schema: 'registry', name: 'alias' })
@Check('alias_from_one', 'version >= 1')
export class AliasRow {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'alias_key' })
  kind!: string;

  @PrimaryColumn('text', { primaryKeyConstraintName: 'alias_key' })
  name!: string;

  @PrimaryColumn('text', { primaryKeyConstraintName: 'alias_key' })
  alias!: string;

  @Column('integer')
  version!: number;

  /** Who held it before, as the history tells it; 0: nobody. */
  @Column('integer')
  previous!: number;
}

/** Every move of every alias; rows are added, never changed, which a trigger enforces. */
@Entity({ schema: 'registry', name: 'alias_change' })
@Index('alias_change_subject', ['kind', 'name', 'id'])
export class AliasChangeRow {
  /** Grows in the order of the changes of one subject. bigint: pg answers text. */
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'alias_change_key',
  })
  id!: string;

  @Column('text')
  kind!: string;

  @Column('text')
  name!: string;

  @Column('text')
  alias!: string;

  /** 0: nobody. */
  @Column('integer', { name: 'from_version' })
  from!: number;

  /** 0: nobody. */
  @Column('integer', { name: 'to_version' })
  to!: number;

  @Column('text')
  actor!: string;

  @Column('text')
  reason!: string;

  @Column('boolean', { name: 'rolled_back', default: false })
  rolledBack!: boolean;

  /** Against the promotion policy. */
  @Column('boolean', { default: false })
  forced!: boolean;

  /** Of the wanted state that first held the change. */
  @Column('bigint')
  revision!: string;

  @Column('timestamptz', { name: 'changed_at', default: () => 'now()' })
  changedAt!: Date;
}

/** One row: the revision of the wanted state. Its lock puts all changes in one order. */
@Entity({ schema: 'registry', name: 'wanted_revision' })
@Check('wanted_revision_one_row', 'id = 1')
export class WantedRevisionRow {
  @PrimaryColumn('integer', { primaryKeyConstraintName: 'wanted_revision_key' })
  id!: number;

  @Column('bigint')
  revision!: string;
}

export const entities = [
  ModelVersionRow,
  LineageRow,
  DocumentRow,
  AliasRow,
  AliasChangeRow,
  WantedRevisionRow,
  RolloutRow,
  RolloutChangeRow,
  RolloutCountRow,
];

import { Column, Entity, Index, PrimaryColumn, PrimaryGeneratedColumn } from 'typeorm';

/** As the rows spell protobuf's enumerations. */
export type StateWord = 'running' | 'paused' | 'completed' | 'aborted';
export type KindWord = 'canary' | 'experiment' | 'shadow';
export type VerdictWord = 'good' | 'hold' | 'bad';

/** A candidate on trial. Only its position and the last change's words are ever changed. */
@Entity({ schema: 'registry', name: 'rollout' })
@Index('rollout_subject', ['subjectKind', 'name'])
export class RolloutRow {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'rollout_key' })
  id!: string;

  @Column('text', { name: 'subject_kind' })
  subjectKind!: string;

  @Column('text')
  name!: string;

  @Column('text')
  alias!: string;

  @Column('integer')
  candidate!: number;

  @Column('integer')
  control!: number;

  @Column('text')
  kind!: KindWord;

  @Column('text')
  variant!: string;

  @Column('integer', { name: 'steps_bps', array: true })
  stepsBps!: number[];

  @Column('jsonb', { name: 'segment_bps' })
  segmentBps!: Record<string, number>;

  /** bigint: pg answers text. */
  @Column('bigint', { name: 'step_ms' })
  stepMs!: string;

  @Column('bigint', { name: 'samples_min' })
  samplesMin!: string;

  @Column('text')
  salt!: string;

  @Column('text')
  state!: StateWord;

  @Column('integer')
  step!: number;

  @Column('text')
  actor!: string;

  @Column('text')
  reason!: string;

  @Column('timestamptz', { name: 'started_at', default: () => 'now()' })
  startedAt!: Date;

  @Column('timestamptz', { name: 'step_since', default: () => 'now()' })
  stepSince!: Date;

  @Column('timestamptz', { name: 'changed_at', default: () => 'now()' })
  changedAt!: Date;
}

/** Every change of every rollout, and every verdict; rows are added, never changed, which a trigger enforces. */
@Entity({ schema: 'registry', name: 'rollout_change' })
@Index('rollout_change_rollout', ['rolloutId', 'id'])
export class RolloutChangeRow {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'rollout_change_key',
  })
  id!: string;

  @Column('uuid', { name: 'rollout_id' })
  rolloutId!: string;

  @Column('text')
  state!: StateWord;

  @Column('integer')
  step!: number;

  @Column('text')
  actor!: string;

  @Column('text')
  reason!: string;

  @Column('text', { name: 'evidence_json' })
  evidenceJson!: string;

  /** null: a move and not a verdict. */
  @Column('text', { nullable: true })
  verdict!: VerdictWord | null;

  @Column('timestamptz', { name: 'changed_at', default: () => 'now()' })
  changedAt!: Date;
}

/** What one process of a gateway has counted of one side of a rollout at one step: numbers that only grow. */
@Entity({ schema: 'registry', name: 'rollout_count' })
export class RolloutCountRow {
  @PrimaryColumn('uuid', { name: 'rollout_id', primaryKeyConstraintName: 'rollout_count_key' })
  rolloutId!: string;

  @PrimaryColumn('integer', { primaryKeyConstraintName: 'rollout_count_key' })
  step!: number;

  @PrimaryColumn('text', { primaryKeyConstraintName: 'rollout_count_key' })
  side!: 'candidate' | 'control';

  @PrimaryColumn('text', { name: 'gateway_id', primaryKeyConstraintName: 'rollout_count_key' })
  gatewayId!: string;

  @PrimaryColumn('text', { name: 'process_id', primaryKeyConstraintName: 'rollout_count_key' })
  processId!: string;

  @Column('bigint')
  requests!: string;

  @Column('bigint')
  errors!: string;

  @Column('bigint')
  fallbacks!: string;

  @Column('bigint')
  slow!: string;

  @Column('bigint')
  successes!: string;
}

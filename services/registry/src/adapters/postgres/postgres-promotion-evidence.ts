import { create } from '@bufbuild/protobuf';
import {
  EvaluationSchema,
  PromotionVerdictSchema,
  type Evaluation,
  type PromotionVerdict,
} from '@vinaigrette/contracts/registry';
import { PromotionEvidence } from '../../promotion-evidence.js';
import type { Database } from './database.js';

interface EvaluationRow {
  model: string;
  version: number;
  validation_set: string;
  digest: string;
  data_until_ms: string;
  metrics: Record<string, number>;
  segments: { segment: string; rows: number; metrics: Record<string, number> }[];
  actor: string;
  evaluated_at: Date;
}

interface VerdictRow {
  model: string;
  version: number;
  champion: number;
  policy_version: number;
  passed: boolean;
  forced: boolean;
  gates: { gate: string; passed: boolean; why: string }[];
  actor: string;
  reason: string;
  judged_at: Date;
}

export class PostgresPromotionEvidence extends PromotionEvidence {
  constructor(private readonly database: Database) {
    super();
  }

  async addEvaluation(evaluation: Evaluation): Promise<Evaluation> {
    const { model, version, validationSet, digest, dataUntilMs, metrics, actor } = evaluation;
    const segments = evaluation.segments.map(({ segment, rows, metrics }) => ({
      segment,
      rows: Number(rows),
      metrics,
    }));
    const [row] = await this.write<EvaluationRow>(
      `INSERT INTO registry.evaluation
         (model, version, validation_set, digest, data_until_ms, metrics, segments, actor)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING *`,
      [model, version, validationSet, digest, dataUntilMs, JSON.stringify(metrics), JSON.stringify(segments), actor],
    );
    return evaluationOf(row as EvaluationRow);
  }

  async evaluations(model: string, version?: number): Promise<Evaluation[]> {
    const rows = await this.read<EvaluationRow>(
      `SELECT * FROM registry.evaluation WHERE model = $1 AND ($2::integer IS NULL OR version = $2) ORDER BY id DESC`,
      [model, version ?? null],
    );
    return rows.map(evaluationOf);
  }

  async addApproval(approval: { model: string; version: number; actor: string; reason: string }): Promise<void> {
    const { model, version, actor, reason } = approval;
    await this.write('INSERT INTO registry.approval (model, version, actor, reason) VALUES ($1, $2, $3, $4)', [
      model,
      version,
      actor,
      reason,
    ]);
  }

  async approvers(model: string, version: number): Promise<string[]> {
    const rows = await this.read<{ actor: string }>(
      'SELECT DISTINCT actor FROM registry.approval WHERE model = $1 AND version = $2 ORDER BY actor',
      [model, version],
    );
    return rows.map(({ actor }) => actor);
  }

  async addVerdict(verdict: PromotionVerdict, next: 'nothing' | 'the move'): Promise<PromotionVerdict> {
    const { model, version, champion, policyVersion, passed, forced, actor, reason } = verdict;
    const gates = verdict.gates.map(({ gate, passed, why }) => ({ gate, passed, why }));
    const insert = next === 'nothing' ? 'change' : 'query';
    const [row] = await this.database[insert]<VerdictRow[]>(
      `INSERT INTO registry.promotion_verdict
         (model, version, champion, policy_version, passed, forced, gates, actor, reason)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING *`,
      [model, version, champion, policyVersion, passed, forced, JSON.stringify(gates), actor, reason],
    );
    return verdictOf(row as VerdictRow);
  }

  async verdicts(model: string): Promise<PromotionVerdict[]> {
    const rows = await this.read<VerdictRow>(
      'SELECT * FROM registry.promotion_verdict WHERE model = $1 ORDER BY id DESC',
      [model],
    );
    return rows.map(verdictOf);
  }

  private read<Row>(text: string, values: unknown[]): Promise<Row[]> {
    return this.database.query<Row[]>(text, values);
  }

  private write<Row>(text: string, values: unknown[]): Promise<Row[]> {
    return this.database.change<Row[]>(text, values);
  }
}

function evaluationOf(row: EvaluationRow): Evaluation {
  return create(EvaluationSchema, {
    model: row.model,
    version: row.version,
    validationSet: row.validation_set,
    digest: row.digest,
    dataUntilMs: BigInt(row.data_until_ms),
    metrics: row.metrics,
    segments: row.segments.map(({ segment, rows, metrics }) => ({ segment, rows: BigInt(rows), metrics })),
    actor: row.actor,
    evaluatedAtMs: BigInt(row.evaluated_at.getTime()),
  });
}

function verdictOf(row: VerdictRow): PromotionVerdict {
  return create(PromotionVerdictSchema, {
    model: row.model,
    version: row.version,
    champion: row.champion,
    policyVersion: row.policy_version,
    passed: row.passed,
    forced: row.forced,
    gates: row.gates,
    actor: row.actor,
    reason: row.reason,
    judgedAtMs: BigInt(row.judged_at.getTime()),
  });
}

import type { Evaluation, PromotionVerdict } from '@vinaigrette/contracts/registry';
import { Problem } from '@vinaigrette/problems';
import { checkActor, checkName, checkReason } from './domain/names.js';
import type { PromotionEvidence } from './promotion-evidence.js';
import type { ReadCatalogue } from './read-catalogue.js';

const METRICS_MAX = 1_000;
const NAME_LENGTH_MAX = 200;

/** Takes what versions have shown, and who stands up for them; tells it again. */
export class KeepEvidence {
  constructor(
    private readonly catalogue: ReadCatalogue,
    private readonly evidence: PromotionEvidence,
  ) {}

  async evaluate(evaluation: Evaluation | undefined): Promise<Evaluation> {
    if (!evaluation) throw new Problem('BODY_INVALID', 'The evaluation is missing', { field: 'evaluation' });
    const { model, version, validationSet, metrics, segments, actor, digest, dataUntilMs } = evaluation;
    checkName(validationSet, 'evaluation.validationSet');
    checkActor(actor, 'evaluation.actor');
    if (digest.length > NAME_LENGTH_MAX || !/^[\x20-\x7e]*$/.test(digest))
      refuse('evaluation.digest', 'It is no digest');
    if (dataUntilMs < 0n) refuse('evaluation.dataUntilMs', 'A time is in milliseconds since 1970');
    checkMetrics(metrics, 'evaluation.metrics');
    if (segments.length > METRICS_MAX) refuse('evaluation.segments', `At most ${METRICS_MAX} segments are kept`);
    segments.forEach(({ segment, metrics }, index) => {
      checkLabel(segment, `evaluation.segments[${index}].segment`);
      checkMetrics(metrics, `evaluation.segments[${index}].metrics`);
    });
    await this.catalogue.modelVersion(model, String(version));
    return this.evidence.addEvaluation(evaluation);
  }

  async evaluations(model: string, version: number): Promise<Evaluation[]> {
    checkName(model, 'model');
    return this.evidence.evaluations(model, version === 0 ? undefined : version);
  }

  /** Answers with how many different people stand up for the version now. */
  async approve(approval: { model: string; version: number; actor: string; reason: string }): Promise<number> {
    const { model, version, actor, reason } = approval;
    checkActor(actor, 'actor');
    checkReason(reason, 'reason');
    await this.catalogue.modelVersion(model, String(version));
    await this.evidence.addApproval({ model, version, actor, reason });
    return (await this.evidence.approvers(model, version)).length;
  }

  async verdicts(model: string): Promise<PromotionVerdict[]> {
    checkName(model, 'model');
    return this.evidence.verdicts(model);
  }
}

function checkMetrics(metrics: Record<string, number>, field: string): void {
  const entries = Object.entries(metrics);
  if (entries.length > METRICS_MAX) refuse(field, `At most ${METRICS_MAX} numbers are kept`);
  for (const [name, value] of entries) {
    checkLabel(name, field);
    // JSON has no NaN: a number that cannot be compared is no evidence.
    if (!Number.isFinite(value)) refuse(field, `${name} is ${value}, which can be compared with nothing`);
  }
}

function checkLabel(label: string, field: string): void {
  if (label === '' || label.length > NAME_LENGTH_MAX || /\p{Cc}/u.test(label)) {
    refuse(field, `A name has 1 to ${NAME_LENGTH_MAX} characters`);
  }
}

function refuse(field: string, message: string): never {
  throw new Problem('BODY_INVALID', message, { field });
}

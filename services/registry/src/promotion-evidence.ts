import type { Evaluation, PromotionVerdict } from '@vinaigrette/contracts/registry';

/** What versions have shown, who stood up for them, and what policies said of them. Only ever added to. */
export abstract class PromotionEvidence {
  abstract addEvaluation(evaluation: Evaluation): Promise<Evaluation>;
  /** Newest first; version undefined: of every version. */
  abstract evaluations(model: string, version?: number): Promise<Evaluation[]>;
  abstract addApproval(approval: { model: string; version: number; actor: string; reason: string }): Promise<void>;
  /** Who stood up for the version, each once. */
  abstract approvers(model: string, version: number): Promise<string[]>;
  /** `next`: what is still to come of the call that asked; the audit tells of a promotion with its move alone. */
  abstract addVerdict(verdict: PromotionVerdict, next: 'nothing' | 'the move'): Promise<PromotionVerdict>;
  /** Newest first. */
  abstract verdicts(model: string): Promise<PromotionVerdict[]>;
}

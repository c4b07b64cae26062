import { create } from '@bufbuild/protobuf';
import { PromotionVerdictSchema, type ModelVersion, type PromotionVerdict } from '@vinaigrette/contracts/registry';
import { parseDocument } from '@vinaigrette/documents';
import { Problem } from '@vinaigrette/problems';
import { parseSignature } from '@vinaigrette/signature';
import type { By } from './aliases.js';
import type { Documents } from './documents.js';
import { judgePromotion, type VersionEvidence } from './domain/judge-promotion.js';
import { MODEL_KIND } from './domain/names.js';
import type { ModelVersions } from './model-versions.js';
import type { PromotionEvidence } from './promotion-evidence.js';

const IN_FORCE = { alias: 'champion' };
const PROOFS = ['golden', 'baseline'] as const;

/** What is to be promoted, and to which alias. */
interface Promotion {
  subject: { kind: string; name: string };
  alias: string;
  version: number;
}

/** Asks the promotion policy in force, and keeps what it said. */
export class JudgePromotion {
  constructor(
    private readonly documents: Documents,
    private readonly versions: ModelVersions,
    private readonly evidence: PromotionEvidence,
    private readonly now: () => number,
  ) {}

  /** What the policy says now, kept; undefined: there is none. */
  async ask(model: string, version: number, actor: string): Promise<PromotionVerdict | undefined> {
    const verdict = await this.judge(model, version);
    return verdict && this.evidence.addVerdict({ ...verdict, actor }, 'nothing');
  }

  /**
   * The verdict on a promotion that goes on; undefined: no policy guards it, or the version holds the alias already.
   * Throws GATE_NOT_PASSED naming the gates, unless it is forced; either way the verdict is kept.
   */
  async require({ subject, alias, version }: Promotion, by: By, force: boolean): Promise<PromotionVerdict | undefined> {
    if (subject.kind !== MODEL_KIND || version === 0) return undefined;
    const verdict = await this.judge(subject.name, version, alias);
    if (!verdict || verdict.champion === version) return undefined;
    const kept = await this.evidence.addVerdict({ ...verdict, ...by, forced: force && !verdict.passed }, 'the move');
    if (kept.passed || kept.forced) return kept;
    const failed = kept.gates.filter(({ passed }) => !passed).map(({ gate, why }) => `${gate} (${why})`);
    throw new Problem(
      'GATE_NOT_PASSED',
      `Version ${version} of ${subject.name} may not become ${alias}: ${failed.join('; ')}`,
      { field: 'version' },
    );
  }

  private async judge(model: string, version: number, alias?: string): Promise<PromotionVerdict | undefined> {
    const document = await this.documents.find('promotion-policy', model, IN_FORCE);
    if (!document) return undefined;
    const policy = parseDocument('promotion-policy', JSON.parse(document.bodyJson));
    if (alias !== undefined && alias !== policy.alias) return undefined;
    const candidate = await this.versions.find(model, { version });
    if (!candidate) {
      throw new Problem('VERSION_NOT_FOUND', `Model ${model} has no version ${version}`, { field: 'version' });
    }
    const holder = await this.versions.find(model, { alias: policy.alias });
    const [ours, theirs] = [await this.evidenceOf(candidate), holder && (await this.evidenceOf(holder))];
    const circumstances = {
      nowMs: this.now(),
      feedbackLoop: policy.shadowAgreement && (await this.feedbackLoop(policy.shadowAgreement.useCase)),
    };
    const gates = judgePromotion(policy, ours, theirs, circumstances);
    return create(PromotionVerdictSchema, {
      model,
      version,
      champion: holder?.version ?? 0,
      policyVersion: document.version,
      passed: gates.every(({ passed }) => passed),
      gates,
    });
  }

  /** Whether the use case in force declares one; undefined: none is in force. */
  private async feedbackLoop(useCase: string): Promise<boolean | undefined> {
    const document = await this.documents.find('use-case', useCase, IN_FORCE);
    return document && parseDocument('use-case', JSON.parse(document.bodyJson)).feedbackLoop;
  }

  private async evidenceOf({
    model,
    version,
    files,
    signatureJson,
    createdBy,
  }: ModelVersion): Promise<VersionEvidence> {
    return {
      version,
      evaluations: await this.evidence.evaluations(model, version),
      signature: parseSignature(JSON.parse(signatureJson)),
      proofs: PROOFS.filter((proof) => files.some(({ path }) => path === `${proof}.json`)),
      sizeBytes: files.reduce((sum, { sizeBytes }) => sum + Number(sizeBytes), 0),
      registeredBy: createdBy,
      approvers: await this.evidence.approvers(model, version),
    };
  }
}

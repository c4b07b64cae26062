import type { Evaluation, GateResult } from '@vinaigrette/contracts/registry';
import type { PromotionPolicy } from '@vinaigrette/documents';
import { compareSignatures, type Signature } from '@vinaigrette/signature';

/** What is known of a version that may be promoted, or that holds the alias. */
export interface VersionEvidence {
  version: number;
  /** Newest first. */
  evaluations: readonly Evaluation[];
  signature: Signature;
  /** What it was registered with. */
  proofs: readonly Proof[];
  /** Of all files. */
  sizeBytes: number;
  registeredBy: string;
  /** Who stood up for it. */
  approvers: readonly string[];
}

/** What a verdict depends on besides the versions. */
export interface Circumstances {
  nowMs: number;
  /** Whether the use case of the shadow's requests declares one; undefined: it is not known, or there is none in force. */
  feedbackLoop: boolean | undefined;
}

type Proof = PromotionPolicy['proofs'][number];
type Gate = Pick<GateResult, 'gate' | 'passed' | 'why'>;
type MetricGate = PromotionPolicy['metrics'][number];

const DAY_MS = 86_400_000;

/**
 * Every gate of a policy, in its order. Evidence that is missing does not pass; a holder without evidence cannot be
 * compared with, which does not pass either: evaluate it on the same set. Without a holder only the gates that stand
 * alone are asked.
 */
export function judgePromotion(
  policy: PromotionPolicy,
  candidate: VersionEvidence,
  holder: VersionEvidence | undefined,
  { nowMs, feedbackLoop }: Circumstances,
): Gate[] {
  return [
    ...policy.proofs.map((proof) => judgeProof(proof, candidate)),
    ...(policy.breakingChange === 'refuse' && holder ? [judgeSignature(candidate, holder)] : []),
    ...policy.metrics.flatMap((metric) => judgeMetric(metric, policy.cost, candidate, holder)),
    ...policy.limits.map((limit) => judgeLimit(`limit ${limit.metric} on ${limit.validationSet}`, limit, candidate)),
    ...policy.cases.map((one) => judgeLimit(`case ${one.id}`, one, candidate)),
    ...(policy.shadowAgreement ? [judgeAgreement(policy.shadowAgreement, candidate, feedbackLoop)] : []),
    ...(policy.sizeBytesMax === undefined ? [] : [judgeSize(policy.sizeBytesMax, candidate)]),
    ...(policy.freshnessDaysMax === undefined ? [] : judgeFreshness(policy, policy.freshnessDaysMax, candidate, nowMs)),
    ...(policy.approvals === 0 ? [] : [judgeApprovals(policy.approvals, candidate)]),
  ];
}

function judgeProof(proof: Proof, { proofs }: VersionEvidence): Gate {
  const passed = proofs.includes(proof);
  return { gate: proof, passed, why: passed ? `it has a ${proof}.json` : `it has no ${proof}.json` };
}

function judgeSignature(candidate: VersionEvidence, holder: VersionEvidence): Gate {
  const { change, differences } = compareSignatures(holder.signature, candidate.signature);
  const of = `${change} with version ${holder.version}`;
  return { gate: 'signature', passed: change !== 'breaking', why: [of, ...differences].join('; ') };
}

function judgeMetric(
  { metric, validationSet, better, gainMin, segments }: MetricGate,
  cost: PromotionPolicy['cost'],
  candidate: VersionEvidence,
  holder: VersionEvidence | undefined,
): Gate[] {
  const gate = `metric ${metric} on ${validationSet}`;
  const ours = valueOf(candidate, validationSet, metric);
  if (ours === undefined) return [unknown(gate, candidate, metric, validationSet)];
  if (!holder) return [{ gate, passed: true, why: `${ours}; nobody to compare with` }];
  const theirs = valueOf(holder, validationSet, metric);
  if (theirs === undefined) return [unknown(gate, holder, metric, validationSet)];
  const gain = better === 'higher' ? ours - theirs : theirs - ours;
  const compared = `${ours} against ${theirs} of version ${holder.version}`;
  const gates = [
    { gate, passed: gain >= gainMin, why: `${compared}: a gain of ${gain}, at least ${gainMin} is wanted` },
  ];
  if (cost && gain === 0 && gainMin === 0) gates.push(judgeTie(gate, cost, candidate, holder));
  if (segments) gates.push(judgeSegments(gate, { metric, validationSet, better, ...segments }, candidate, holder));
  return gates;
}

/** As good as the holder: then the cheaper one. */
function judgeTie(
  gate: string,
  cost: { metric: string; validationSet: string },
  candidate: VersionEvidence,
  holder: VersionEvidence,
): Gate {
  const tie = `${gate}: tie`;
  const [ours, theirs] = [candidate, holder].map((one) => valueOf(one, cost.validationSet, cost.metric));
  if (ours === undefined) return unknown(tie, candidate, cost.metric, cost.validationSet);
  if (theirs === undefined) return unknown(tie, holder, cost.metric, cost.validationSet);
  return { gate: tie, passed: ours < theirs, why: `${cost.metric} ${ours} against ${theirs}: the cheaper one is kept` };
}

function judgeSegments(
  gate: string,
  rule: { metric: string; validationSet: string; better: 'higher' | 'lower'; lossMax: number; rowsMin: number },
  candidate: VersionEvidence,
  holder: VersionEvidence,
): Gate {
  const ours = segmentsOf(candidate, rule);
  const theirs = segmentsOf(holder, rule);
  const losses = [...theirs].map(([segment, before]) => {
    const after = ours.get(segment);
    const loss = after === undefined ? Infinity : rule.better === 'higher' ? before - after : after - before;
    return { segment, loss, why: `${segment} ${after ?? 'not evaluated'} against ${before}` };
  });
  const lost = losses.filter(({ loss }) => loss > rule.lossMax);
  const why =
    lost.length === 0
      ? `none of ${losses.length} segments loses more than ${rule.lossMax}`
      : lost.map((one) => one.why).join('; ');
  return { gate: `${gate}: segments`, passed: lost.length === 0, why };
}

function segmentsOf(
  evidence: VersionEvidence,
  { validationSet, metric, rowsMin }: { validationSet: string; metric: string; rowsMin: number },
): Map<string, number> {
  const segments = evaluationOn(evidence, validationSet)?.segments ?? [];
  return new Map(
    segments
      .filter(({ rows, metrics }) => rows >= rowsMin && metrics[metric] !== undefined)
      .map(({ segment, metrics }) => [segment, metrics[metric] as number]),
  );
}

function judgeLimit(
  gate: string,
  limit: { metric: string; validationSet: string; atLeast?: number | undefined; atMost?: number | undefined },
  candidate: VersionEvidence,
): Gate {
  const value = valueOf(candidate, limit.validationSet, limit.metric);
  if (value === undefined) return unknown(gate, candidate, limit.metric, limit.validationSet);
  const { atLeast = -Infinity, atMost = Infinity } = limit;
  return { gate, passed: value >= atLeast && value <= atMost, why: `${value} of ${atLeast} to ${atMost}` };
}

/** With a feedback loop the gate is told and passes: to answer otherwise may be the point of the version. */
function judgeAgreement(
  { useCase, validationSet, metric, atLeast }: NonNullable<PromotionPolicy['shadowAgreement']>,
  candidate: VersionEvidence,
  feedbackLoop: boolean | undefined,
): Gate {
  const gate = 'shadow agreement';
  if (feedbackLoop === undefined) return { gate, passed: false, why: `no use case ${useCase} is in force` };
  const judged = judgeLimit(gate, { metric, validationSet, atLeast, atMost: 1 }, candidate);
  if (!feedbackLoop) return judged;
  return { gate, passed: true, why: `advisory, since ${useCase} has a feedback loop: ${judged.why}` };
}

function judgeSize(sizeBytesMax: number, { sizeBytes }: VersionEvidence): Gate {
  return { gate: 'size', passed: sizeBytes <= sizeBytesMax, why: `${sizeBytes} bytes of at most ${sizeBytesMax}` };
}

function judgeFreshness(policy: PromotionPolicy, daysMax: number, candidate: VersionEvidence, nowMs: number): Gate[] {
  const sets = new Set([...policy.metrics, ...policy.limits].map(({ validationSet }) => validationSet));
  return [...sets].map((validationSet) => {
    const gate = `freshness of ${validationSet}`;
    const untilMs = Number(evaluationOn(candidate, validationSet)?.dataUntilMs ?? 0n);
    if (untilMs === 0) return { gate, passed: false, why: 'it is not known how old its rows are' };
    const days = (nowMs - untilMs) / DAY_MS;
    return { gate, passed: days <= daysMax, why: `${days.toFixed(1)} days old, of at most ${daysMax}` };
  });
}

function judgeApprovals(wanted: number, { approvers, registeredBy }: VersionEvidence): Gate {
  const others = new Set(approvers.filter((approver) => approver !== registeredBy));
  return {
    gate: 'approvals',
    passed: others.size >= wanted,
    why: `${others.size} of ${wanted}, not counting ${registeredBy}, who registered it`,
  };
}

const evaluationOn = ({ evaluations }: VersionEvidence, validationSet: string): Evaluation | undefined =>
  evaluations.find((one) => one.validationSet === validationSet);

const valueOf = (evidence: VersionEvidence, validationSet: string, metric: string): number | undefined =>
  evaluationOn(evidence, validationSet)?.metrics[metric];

const unknown = (gate: string, { version }: VersionEvidence, metric: string, validationSet: string): Gate => ({
  gate,
  passed: false,
  why: `${metric} of version ${version} on ${validationSet} is not known: evaluate it there`,
});

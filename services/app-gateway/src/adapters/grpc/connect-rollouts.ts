import { randomUUID } from 'node:crypto';
import { createClient, type Transport } from '@connectrpc/connect';
import { RegistryService, Verdict } from '@vinaigrette/contracts/registry';
import type { SideCounts } from '../../domain/rollout-counts.js';
import { Rollouts, type Complaint, type RolloutReport } from '../../rollouts.js';

/** The registry's rollouts over gRPC. */
export class ConnectRollouts extends Rollouts {
  private readonly client;
  /** Tells the registry that counts began from nothing. */
  private readonly processId = randomUUID();

  constructor(
    registry: Transport,
    private readonly gatewayId: string,
  ) {
    super();
    this.client = createClient(RegistryService, registry);
  }

  async report({ rolloutId, step, candidate, control }: RolloutReport, signal: AbortSignal): Promise<void> {
    const { gatewayId, processId } = this;
    const counts = { candidate: bigCounts(candidate), control: bigCounts(control) };
    await this.client.reportRolloutCounts({ rolloutId, gatewayId, step, processId, ...counts }, { signal });
  }

  async complain(rolloutId: string, { verdict, why, evidence }: Complaint, signal: AbortSignal): Promise<void> {
    const evidenceJson = JSON.stringify(evidence);
    const report = { rolloutId, verdict: Verdict[verdict], source: `app-gateway ${this.gatewayId}`, why, evidenceJson };
    await this.client.reportVerdict(report, { signal });
  }
}

const bigCounts = ({ requests, errors, fallbacks, slow, successes }: SideCounts) => ({
  requests: BigInt(requests),
  errors: BigInt(errors),
  fallbacks: BigInt(fallbacks),
  slow: BigInt(slow),
  successes: BigInt(successes),
});

import { randomUUID } from 'node:crypto';
import { createClient } from '@connectrpc/connect';
import { createGrpcTransport } from '@connectrpc/connect-node';
import { RegistryService, Verdict } from '@vinaigrette/contracts/registry';
import { showKey } from '@vinaigrette/edge/connect';
import type { SideCounts } from '../../domain/rollout-counts.js';
import { Rollouts, type RolloutReport } from '../../rollouts.js';

/** The registry's rollouts over gRPC. */
export class ConnectRollouts extends Rollouts {
  private readonly client;
  /** Tells the registry that counts began from nothing. */
  private readonly processId = randomUUID();

  /** `address`: host:port. `key`: what the registry asks for; undefined: nothing. */
  constructor(
    address: string,
    private readonly gatewayId: string,
    key?: string,
  ) {
    super();
    const transport = createGrpcTransport({ baseUrl: `http://${address}`, interceptors: [showKey(key)] });
    this.client = createClient(RegistryService, transport);
  }

  async report({ rolloutId, step, candidate, control }: RolloutReport, signal: AbortSignal): Promise<void> {
    const { gatewayId, processId } = this;
    const counts = { candidate: bigCounts(candidate), control: bigCounts(control) };
    await this.client.reportRolloutCounts({ rolloutId, gatewayId, step, processId, ...counts }, { signal });
  }

  async complain(rolloutId: string, why: string, evidence: object, signal: AbortSignal): Promise<void> {
    const evidenceJson = JSON.stringify(evidence);
    const report = { rolloutId, verdict: Verdict.BAD, source: this.gatewayId, why, evidenceJson };
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

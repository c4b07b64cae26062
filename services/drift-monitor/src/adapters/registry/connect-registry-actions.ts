import { Code, ConnectError, createClient, type Transport } from '@connectrpc/connect';
import { RegistryService, RolloutState, Verdict } from '@vinaigrette/contracts/registry';
import { RegistryActions, type Answered } from '../../actions.js';

const TIMEOUT_MS = 10_000;
const ACTOR = 'drift-monitor';
/** The world moved on, or the registry says no for good. Anything else may go better next time. */
const refusals = [Code.InvalidArgument, Code.NotFound, Code.FailedPrecondition, Code.Aborted, Code.AlreadyExists];

/** The registry over gRPC. */
export class ConnectRegistryActions extends RegistryActions {
  private readonly client;

  constructor(registry: Transport) {
    super();
    this.client = createClient(RegistryService, registry);
  }

  rollBack(model: string, version: number, reason: string): Promise<Answered> {
    const subject = { kind: 'model', name: model };
    const request = { subject, alias: 'champion', expected: version, actor: ACTOR, reason };
    return answered(async () => {
      const { change } = await this.client.rollBackAlias(request, { timeoutMs: TIMEOUT_MS });
      return `${model} champion: ${change?.from} -> ${change?.to}`;
    });
  }

  reportVerdict(rolloutId: string, verdict: 'GOOD' | 'HOLD' | 'BAD', why: string, evidenceJson: string) {
    const request = { rolloutId, verdict: Verdict[verdict], source: ACTOR, why, evidenceJson };
    return answered(async () => {
      const { rollout } = await this.client.reportVerdict(request, { timeoutMs: TIMEOUT_MS });
      return `rollout ${rolloutId}: ${RolloutState[rollout?.state ?? 0]}`;
    });
  }
}

async function answered(ask: () => Promise<string>): Promise<Answered> {
  try {
    return { done: true, answer: await ask() };
  } catch (error) {
    const { code, rawMessage } = ConnectError.from(error);
    if (!refusals.includes(code)) throw error;
    return { done: false, answer: rawMessage };
  }
}

import { Code, ConnectError, createClient, type Transport } from '@connectrpc/connect';
import { RegistryService } from '@vinaigrette/contracts/registry';
import { Problem, type ProblemCode } from '@vinaigrette/problems';
import { RuleSets, type WrittenRuleSet } from '../../rule-sets.js';

const TIMEOUT_MS = 10_000;
const ACTOR = 'drift-monitor';
const KIND = 'rule-set';
/** Gateways follow it. */
const ALIAS = 'champion';

/** What the registry's refusals are called; anything else is our own fault. */
const codes: Partial<Record<Code, ProblemCode>> = {
  [Code.NotFound]: 'DOCUMENT_NOT_FOUND',
  [Code.InvalidArgument]: 'DOCUMENT_INVALID',
  [Code.Aborted]: 'ALIAS_MOVED',
  [Code.Unauthenticated]: 'KEY_REFUSED',
  [Code.PermissionDenied]: 'KEY_REFUSED',
  [Code.Unavailable]: 'UPSTREAM_UNAVAILABLE',
  [Code.DeadlineExceeded]: 'UPSTREAM_UNAVAILABLE',
};

/** The registry over gRPC. */
export class ConnectRuleSets extends RuleSets {
  private readonly client;

  constructor(registry: Transport) {
    super();
    this.client = createClient(RegistryService, registry);
  }

  read(name: string): Promise<{ version: number; body: WrittenRuleSet }> {
    return told(async () => {
      const request = { kind: KIND, name, version: ALIAS };
      const { document } = await this.client.getDocument(request, { timeoutMs: TIMEOUT_MS });
      if (!document) throw new Problem('DOCUMENT_NOT_FOUND', `There is no rule set ${name} in force`);
      return { version: document.version, body: JSON.parse(document.bodyJson) as WrittenRuleSet };
    });
  }

  publish(name: string, body: WrittenRuleSet, expected: number, reason: string): Promise<number> {
    return told(async () => {
      const put = { kind: KIND, name, bodyJson: JSON.stringify(body), actor: ACTOR };
      const { document } = await this.client.putDocument(put, { timeoutMs: TIMEOUT_MS });
      const version = document?.version ?? 0;
      const move = { subject: { kind: KIND, name }, alias: ALIAS, version, expected, actor: ACTOR, reason };
      await this.client.setAlias(move, { timeoutMs: TIMEOUT_MS });
      return version;
    });
  }
}

async function told<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof ConnectError)) throw error;
    const code = codes[error.code];
    throw code ? new Problem(code, `The registry says: ${error.rawMessage}`, { cause: error }) : error;
  }
}

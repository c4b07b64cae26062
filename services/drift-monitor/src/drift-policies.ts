import type { WantedDocument } from '@vinaigrette/contracts/registry';
import { parseDocument, type DriftPolicy } from '@vinaigrette/documents';
import type { Logger } from '@vinaigrette/edge';
import { defaultPolicy } from './domain/judge-window.js';

/** A policy document as it is kept. */
export interface KeptPolicy {
  name: string;
  version: number;
  body: unknown;
}

export interface PolicyInForce {
  policy: DriftPolicy;
  /** "basket 3"; empty: the defaults. */
  name: string;
}

/** The policies in force, kept: the monitor judges by them also when the registry is away. */
export abstract class KeptPolicies {
  abstract all(): Promise<KeptPolicy[]>;
  /** These and no others. */
  abstract replace(policies: readonly KeptPolicy[]): Promise<void>;
}

/** The name of the policy of every model that has none of its own. */
const FOR_ALL = 'default';

/** By which policy each model is judged: the version of its document that holds the alias `champion`. */
export class DriftPolicies {
  private inForce: ReadonlyMap<string, PolicyInForce> = new Map();

  constructor(
    private readonly kept: KeptPolicies,
    private readonly logger: Logger,
  ) {}

  of(model: string): PolicyInForce {
    return this.inForce.get(model) ?? this.inForce.get(FOR_ALL) ?? { policy: defaultPolicy, name: '' };
  }

  /** Reads what was kept, by this process or by another monitor. */
  async recall(): Promise<void> {
    this.know(await this.kept.all());
  }

  /** Takes over what the registry wants. */
  async take(documents: readonly WantedDocument[]): Promise<void> {
    const policies = documents.flatMap(({ kind, name, aliases, versions }): KeptPolicy[] => {
      if (kind !== 'drift-policy') return [];
      const document = versions.find(({ version }) => version === aliases.champion);
      return document ? [{ name, version: document.version, body: JSON.parse(document.bodyJson) as unknown }] : [];
    });
    this.know(policies);
    await this.kept.replace(policies);
  }

  private know(policies: readonly KeptPolicy[]): void {
    const inForce = new Map<string, PolicyInForce>();
    for (const { name, version, body } of policies) {
      try {
        inForce.set(name, { policy: parseDocument('drift-policy', body), name: `${name} ${version}` });
      } catch (error) {
        // The registry may be newer than this monitor: what it cannot read, it does not judge by.
        this.logger.warn({ policy: name, version, why: (error as Error).message }, 'a drift policy cannot be read');
      }
    }
    this.inForce = inForce;
  }
}

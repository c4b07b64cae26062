import { fromJson, toJson, type JsonValue } from '@bufbuild/protobuf';
import { WantedStateSchema, type Rollout, type WantedModel, type WantedState } from '@vinaigrette/contracts/registry';
import { parseDocument, type Documents } from '@vinaigrette/documents';
import type { Logger } from '@vinaigrette/edge';
import type { StateTaker } from './follow-registry.js';

/** The last wanted state, kept for when the registry is away. */
export abstract class KeptWantedState {
  abstract read(): Promise<JsonValue | undefined>;
  /** Keeps a state unless a newer one is kept. */
  abstract keep(revision: bigint, state: JsonValue): Promise<void>;
}

/** A document in force: the version that holds the alias `champion`. */
export interface InForce<K extends keyof Documents> {
  name: string;
  version: number;
  body: Documents[K];
}

/** What the registry wants now, or wanted last: aliases, documents, rollouts. */
export class WantedNow implements StateTaker {
  private state: WantedState | undefined;

  constructor(
    private readonly kept: KeptWantedState,
    private readonly logger: Logger,
  ) {}

  /** Reads what was kept, by this process or by another monitor. */
  async recall(): Promise<void> {
    const kept = await this.kept.read();
    if (kept !== undefined) this.state = fromJson(WantedStateSchema, kept, { ignoreUnknownFields: true });
  }

  model(name: string): WantedModel | undefined {
    return this.state?.models.find((model) => model.name === name);
  }

  /** Running or paused ones of models. */
  rollouts(): Rollout[] {
    return this.allRollouts().filter(({ subject }) => subject?.kind === 'model');
  }

  /** Those of documents too. */
  allRollouts(): Rollout[] {
    return this.state?.rollouts ?? [];
  }

  /** Documents of a kind; what cannot be read, because the registry is newer, is left out. */
  documents<K extends 'kpi' | 'performance' | 'rule-set' | 'use-case'>(kind: K): InForce<K>[] {
    return (this.state?.documents ?? []).flatMap((document): InForce<K>[] => {
      const { name, aliases, versions } = document;
      const found = versions.find(({ version }) => version === aliases.champion);
      if (document.kind !== kind || !found) return [];
      try {
        return [{ name, version: found.version, body: parseDocument(kind, JSON.parse(found.bodyJson)) }];
      } catch (error) {
        this.logger.warn({ kind, name, why: (error as Error).message }, 'a document cannot be read');
        return [];
      }
    });
  }

  /** Takes over a state, and keeps it. */
  async take(state: WantedState): Promise<void> {
    this.state = state;
    await this.kept.keep(state.revision, toJson(WantedStateSchema, state));
  }
}

import { setTimeout as delay } from 'node:timers/promises';
import { fromJson, toJson, type JsonValue } from '@bufbuild/protobuf';
import { WantedStateSchema, type Rollout, type WantedModel, type WantedState } from '@vinaigrette/contracts/registry';
import { parseDocument, type Documents } from '@vinaigrette/documents';
import type { Logger } from '@vinaigrette/edge';
import type { WantedStates } from './wanted-states.js';

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

const PAUSE_MS = { first: 200, longest: 5_000 };

/** What the registry wants now, or wanted last: aliases, documents, rollouts. */
export class WantedNow {
  private state: WantedState | undefined;
  private readonly stopping = new AbortController();
  private following: Promise<void> = Promise.resolve();

  constructor(
    private readonly registry: WantedStates,
    private readonly kept: KeptWantedState,
    private readonly logger: Logger,
  ) {}

  async start(): Promise<void> {
    const kept = await this.kept.read();
    if (kept !== undefined) this.state = fromJson(WantedStateSchema, kept, { ignoreUnknownFields: true });
    this.following = this.follow();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.following;
  }

  model(name: string): WantedModel | undefined {
    return this.state?.models.find((model) => model.name === name);
  }

  /** Running or paused ones of models. */
  rollouts(): Rollout[] {
    return (this.state?.rollouts ?? []).filter(({ subject }) => subject?.kind === 'model');
  }

  /** Documents of a kind; what cannot be read, because the registry is newer, is left out. */
  documents<K extends 'kpi' | 'performance' | 'rule-set'>(kind: K): InForce<K>[] {
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

  private async follow(): Promise<void> {
    const { signal } = this.stopping;
    let pauseMs = PAUSE_MS.first;
    while (!signal.aborted) {
      try {
        for await (const state of this.registry.watch(signal)) {
          await this.take(state);
          pauseMs = PAUSE_MS.first;
        }
      } catch (error) {
        if (!signal.aborted) this.logger.debug({ err: error }, 'the registry cannot be followed; the last state holds');
      }
      await delay(pauseMs, undefined, { signal }).catch(() => undefined);
      pauseMs = Math.min(pauseMs * 2, PAUSE_MS.longest);
    }
  }
}

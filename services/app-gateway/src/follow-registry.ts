import { setTimeout as delay } from 'node:timers/promises';
import type { WantedState } from '@vinaigrette/contracts/registry';
import { type BestSeller, parseBestSellers } from '@vinaigrette/serving';
import type { ConfigurationInForce } from './configuration-in-force.js';
import { blindLookups } from './domain/blind-lookups.js';
import { bestSellerFiles, configurationOf } from './domain/configuration.js';
import { lastGood, type Fault } from './domain/last-good.js';
import type { LastGoodCopies } from './last-good-copies.js';
import type { WantedStates } from './wanted-states.js';

/** First and longest pause before the registry is asked again, in milliseconds. */
const PAUSE_MS = { first: 200, longest: 5_000 };

/** What the follower reports; the process's log. */
interface Log {
  info(details: object, text: string): void;
  warn(details: object, text: string): void;
}

/**
 * Keeps what the gateway answers from equal to what the registry wants, for as long as the process lives. Nobody waits
 * for it: until it has something better, the last good configuration stays in force.
 */
export class FollowRegistry {
  private readonly stopping = new AbortController();
  private following: Promise<void> = Promise.resolve();
  private state: WantedState | undefined;

  constructor(
    private readonly registry: WantedStates,
    private readonly copies: LastGoodCopies,
    private readonly configuration: ConfigurationInForce,
    private readonly log: Log,
    /** Whether lookups can find anything. */
    private readonly hasShopTables: boolean,
  ) {}

  /** Puts in force what was last good on this machine, then follows the registry in the background. */
  async start(): Promise<void> {
    const kept = await this.copies.state();
    if (kept) await this.putInForce(kept, (sha256) => this.copies.artefact(sha256));
    this.following = this.follow();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.following;
  }

  private async follow(): Promise<void> {
    let pauseMs = PAUSE_MS.first;
    while (!this.stopping.signal.aborted) {
      try {
        for await (const state of this.registry.watch(this.stopping.signal)) {
          this.configuration.registryConnected = true;
          await this.take(state);
          pauseMs = PAUSE_MS.first;
        }
      } catch (error) {
        if (this.stopping.signal.aborted) break;
        this.log.warn(
          { err: error, pauseMs },
          'the registry cannot be followed; the last good configuration stays in force',
        );
      }
      this.configuration.registryConnected = false;
      await delay(pauseMs, undefined, { signal: this.stopping.signal }).catch(() => undefined);
      pauseMs = Math.min(pauseMs * 2, PAUSE_MS.longest);
    }
  }

  private async take(state: WantedState): Promise<void> {
    if (this.state && state.revision < this.state.revision) {
      const why = `revision ${state.revision} is older than ${this.state.revision}, which is in force`;
      this.log.warn({ revision: Number(state.revision) }, `the registry's state is ignored: ${why}`);
      this.configuration.report({ subject: 'registry', why });
      return;
    }
    const complete = await this.putInForce(state, (sha256) => this.fetched(sha256));
    await this.keep();
    if (!complete) throw new Error('Not every file of the wanted state could be fetched; the registry is asked again');
  }

  /** False when a file could not be had; everything else is in force even so. */
  private async putInForce(
    wanted: WantedState,
    fetch: (sha256: string) => Promise<Uint8Array | undefined>,
  ): Promise<boolean> {
    const { state, faults } = lastGood(wanted, this.state);
    const { bestSellers, bad, unfetched } = await readBestSellers(bestSellerFiles(state), fetch);
    this.state = state;
    const configuration = configurationOf(state, bestSellers, this.configuration.current);
    const blind = this.hasShopTables ? [] : blindLookups(configuration);
    this.configuration.replace(configuration, [...faults, ...bad, ...unfetched, ...blind]);
    const told = this.configuration.faults;
    for (const { subject, why } of told) this.log.warn({ subject, why }, `${subject} cannot be followed: ${why}`);
    const useCases = [...(this.configuration.current?.useCases.keys() ?? [])];
    this.log.info({ revision: Number(state.revision), useCases, faults: told.length }, 'configuration in force');
    return unfetched.length === 0;
  }

  /** From this machine, else from the registry, and then kept. */
  private async fetched(sha256: string): Promise<Uint8Array | undefined> {
    const kept = await this.copies.artefact(sha256);
    if (kept) return kept;
    const bytes = await this.registry.download(sha256, this.stopping.signal);
    await this.copies.keepArtefact(sha256, bytes).catch((error: unknown) => this.notKept(error));
    return bytes;
  }

  private async keep(): Promise<void> {
    const state = this.state as WantedState;
    await this.copies.keepState(state, bestSellerFiles(state)).catch((error: unknown) => this.notKept(error));
  }

  private notKept(error: unknown): void {
    this.log.warn(
      { err: error },
      'the last good copy cannot be written; a restart without the registry would start older',
    );
  }
}

async function readBestSellers(
  files: readonly string[],
  fetch: (sha256: string) => Promise<Uint8Array | undefined>,
): Promise<{ bestSellers: Map<string, BestSeller[]>; bad: Fault[]; unfetched: Fault[] }> {
  const bestSellers = new Map<string, BestSeller[]>();
  const [bad, unfetched]: [Fault[], Fault[]] = [[], []];
  for (const sha256 of files) {
    const subject = `best sellers ${sha256.slice(0, 12)}`;
    const bytes = await fetch(sha256).catch((error: unknown) => void unfetched.push({ subject, why: String(error) }));
    if (!bytes) continue;
    try {
      bestSellers.set(sha256, parseBestSellers(new TextDecoder().decode(bytes)));
    } catch (error) {
      bad.push({ subject, why: (error as Error).message });
    }
  }
  return { bestSellers, bad, unfetched };
}

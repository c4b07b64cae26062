import type { PageDesk } from './pages.js';

export type ActionState = 'dry-run' | 'decided' | 'done' | 'refused';

/** Something the monitor decided to do to the registry, with its reasons. */
export interface Action {
  /** The same decision has the same key, and is taken once. */
  key: string;
  model: string;
  version: number;
  kind: 'roll-back' | 'verdict';
  detail: { rolloutId?: string; verdict?: 'GOOD' | 'HOLD' | 'BAD' };
  why: string;
  evidence: unknown;
  decidedMs: number;
  state: ActionState;
  /** The registry's, once it was asked. */
  answer: string;
}

/** Decisions within the one transaction of who takes them. */
export interface ActionDesk extends PageDesk {
  /** Windows broken in a row, and when that was last judged. */
  guardOf(model: string, version: number): Promise<{ broken: number; judgedToMs: number }>;
  setGuard(model: string, version: number, broken: number, judgedToMs: number): Promise<void>;
  /** Writes a decision down; false when it was taken before. */
  decide(action: Omit<Action, 'answer'>): Promise<boolean>;
  /** Roll backs of a model that were decided to be done, newest first. */
  rollBacks(model: string): Promise<Action[]>;
  /** Whether drift of its inputs pages for the version as critical now. */
  isDriftCritical(model: string, version: number): Promise<boolean>;
}

export abstract class Actions {
  /** Does the work, all or nothing, unless another monitor is doing it: then answers false at once. */
  abstract exclusively(work: (desk: ActionDesk) => Promise<void>): Promise<boolean>;
  /** Newest first; of every model for ''. */
  abstract list(model: string): Promise<Action[]>;
  /** Lets one caller carry out each decision, oldest first, and keeps what came of it; when it throws, it is tried again. */
  abstract carryOut(work: (action: Action) => Promise<Answered>): Promise<void>;
}

export interface Answered {
  /** false: refused, and asking again is no use. */
  done: boolean;
  answer: string;
}

/** The registry's side of acting. Each call throws when the registry cannot be reached: then it is made again later. */
export abstract class RegistryActions {
  /** Takes the alias `champion` from the version, if it still has it, and gives it to who had it before. */
  abstract rollBack(model: string, version: number, reason: string): Promise<Answered>;
  abstract reportVerdict(
    rolloutId: string,
    verdict: 'GOOD' | 'HOLD' | 'BAD',
    why: string,
    evidenceJson: string,
  ): Promise<Answered>;
}

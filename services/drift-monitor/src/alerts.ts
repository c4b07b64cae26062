import type { AlertMemory, Verdict } from './domain/alert.js';
import type { LookDesk } from './looks.js';
import type { PageDesk } from './pages.js';

/** The one alert of a model version. */
export interface Alert {
  model: string;
  version: number;
  verdict: Verdict;
  /** End of the pane at which it entered its state. */
  sinceMs: number;
  /** End of the last pane that was judged. */
  judgedToMs: number;
  memory: AlertMemory;
}

/** A change of state, for the record; `to` is RETIRED when nobody judges the version any more. */
export interface Transition {
  model: string;
  version: number;
  from: string;
  to: string;
  atMs: number;
  why: string;
  severity: string;
  features: string[];
}

/** What the one evaluator may do. */
export interface AlertDesk extends PageDesk, LookDesk {
  all(): Promise<Alert[]>;
  save(alert: Alert): Promise<void>;
  remove(alert: Alert): Promise<void>;
  note(transition: Transition): Promise<void>;
}

export abstract class Alerts {
  /** Of one model, or of all for ''; by model, newest version first. */
  abstract list(model: string): Promise<Alert[]>;
  /** Does the work, all or nothing, unless another monitor is doing it: then answers false at once. */
  abstract exclusively(work: (desk: AlertDesk) => Promise<void>): Promise<boolean>;
}

import type { Manner } from './domain/delivery.js';
import type { Page } from './domain/page.js';

/** Somebody who is told of pages. */
export abstract class Receiver {
  /** Its own among all; what it was told is kept under it. */
  abstract readonly name: string;
  abstract readonly manner: Manner;
  /** Throws when it could not be told, or said that it did not understand. */
  abstract tell(page: Page, edge: 'firing' | 'resolved', nowMs: number): Promise<void>;
}

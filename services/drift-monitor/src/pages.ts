import type { Told } from './domain/delivery.js';
import type { Page, PageSubject, PageTurn } from './domain/page.js';

/** Pages within the transaction of whoever decides about them: the outbox. */
export interface PageDesk {
  openPage(subject: PageSubject): Promise<Page | undefined>;
  /** Writes the turn down, and for each receiver that it is to be told. */
  turn(turn: PageTurn): Promise<void>;
}

export interface PageDelivery {
  page: Page;
  told: Told;
}

/** Pages, and how far each receiver was told of them. */
export abstract class Pages {
  /** Does the work, all or nothing. */
  abstract write(work: (desk: PageDesk) => Promise<void>): Promise<void>;
  /** What a receiver may have to be told, oldest first. */
  abstract pending(receiver: string): Promise<PageDelivery[]>;
  /**
   * Lets one caller tell a receiver of a page, and keeps what the work answers; undefined: nothing was done. Does nothing
   * while somebody else is about it.
   */
  abstract deliver(
    receiver: string,
    pageId: string,
    work: (delivery: PageDelivery) => Promise<Told | undefined>,
  ): Promise<void>;
  /** Open ones and those that ended last, newest first, with what each receiver was told; of every model for ''. */
  abstract list(model: string): Promise<(Page & { told: Record<string, Told> })[]>;
  /** Deletes pages that ended before the moment. */
  abstract forget(endedBeforeMs: number): Promise<void>;
}

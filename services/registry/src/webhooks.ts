import type { DeliveryState, Webhook, WebhookDelivery } from '@vinaigrette/contracts/registry';
import type { AfterAttempt, Outcome } from './domain/webhooks/next-attempt.js';

/** A message that is due, in the hands of one process until its claim runs out. */
export interface DueMessage {
  id: string;
  webhookId: string;
  url: string;
  /** As it is kept. */
  secret: string;
  bodyJson: string;
  /** Attempts begun, this one included. */
  attempts: number;
}

/** Who is told of changes, and what became of telling them. The changes themselves write the messages, as they commit. */
export abstract class Webhooks {
  abstract add(
    webhook: { id: string; url: string; types: string[]; createdBy: string },
    secret: string,
  ): Promise<Webhook>;
  abstract list(): Promise<Webhook[]>;
  /** The secrets of those that were not removed, as they are kept. */
  abstract secrets(): Promise<{ id: string; secret: string }[]>;
  /** Keeps it otherwise, unless somebody did so already. */
  abstract keepSecret(id: string, before: string, after: string): Promise<void>;
  /** undefined: there is none of that id. */
  abstract remove(id: string): Promise<Webhook | undefined>;
  /** Newest first; `webhookId` empty: of all. */
  abstract deliveries(webhookId: string, limit: number): Promise<WebhookDelivery[]>;
  /** Makes it due at once, with all its attempts before it; undefined: there is none of that id. */
  abstract replay(id: string): Promise<WebhookDelivery | undefined>;
  /** Takes due messages, oldest first, for `claimMs`: after that they are due again, whoever took them. */
  abstract claim(limit: number, claimMs: number): Promise<DueMessage[]>;
  abstract settle(id: string, outcome: Outcome, after: AfterAttempt): Promise<void>;
  /** Deletes what was settled longer ago than that. */
  abstract forget(olderThanMs: number): Promise<void>;
}

export type DeliveryWord = Lowercase<Exclude<keyof typeof DeliveryState, 'UNSPECIFIED'>>;

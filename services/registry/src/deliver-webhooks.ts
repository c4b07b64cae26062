import { afterAttempt, type Outcome, type RetryPolicy } from './domain/webhooks/next-attempt.js';
import { openSecret, type SealingKeys } from './domain/webhooks/seal-secret.js';
import { signedHeaders } from './domain/webhooks/sign-message.js';
import type { DueMessage, Webhooks } from './webhooks.js';

const AT_ONCE = 20;
/** Longer than an attempt takes: who holds a message still may be dead, or slow. */
const CLAIM_MS = 30_000;
const KEPT_MS = 30 * 24 * 60 * 60 * 1_000;

export type Post = (url: URL, headers: Record<string, string>, body: string) => Promise<Outcome>;

/** Posts what is due. A process that dies between the post and its settling makes the message due again: at least once. */
export class DeliverWebhooks {
  constructor(
    private readonly webhooks: Webhooks,
    private readonly post: Post,
    private readonly policy: RetryPolicy,
    private readonly keys: SealingKeys,
    private readonly now: () => number,
    private readonly tell: (result: string) => void,
  ) {}

  /** Takes and posts messages until none is due. */
  async due(): Promise<void> {
    for (;;) {
      const messages = await this.webhooks.claim(AT_ONCE, CLAIM_MS);
      if (messages.length === 0) return;
      await Promise.all(messages.map((message) => this.deliver(message)));
    }
  }

  /** Forgets what was delivered or given up a month ago. */
  tidy(): Promise<void> {
    return this.webhooks.forget(KEPT_MS);
  }

  private async deliver(message: DueMessage): Promise<void> {
    const { id, attempts } = message;
    const outcome = await this.attempt(message);
    const after = afterAttempt(outcome, attempts, this.policy);
    this.tell(after.state === 'pending' ? 'retry' : after.state);
    await this.webhooks.settle(id, outcome, after);
  }

  private async attempt({ id, webhookId, url, secret: kept, bodyJson }: DueMessage): Promise<Outcome> {
    const secret = openSecret(kept, webhookId, this.keys);
    if (secret === undefined) return { error: 'no key of WEBHOOK_SEALING_KEYS opens the secret to sign with' };
    return this.post(new URL(url), signedHeaders(secret, id, bodyJson, this.now()), bodyJson);
  }
}

import { AsyncLocalStorage } from 'node:async_hooks';
import type { EntityManager } from 'typeorm';
import type { AuditedCall, AuditedLine } from '../../access-keys.js';

const INSERT = 'INSERT INTO registry.audit (method, actor, key_id, subject, outcome) VALUES ($1, $2, $3, $4, $5)';
const running = new AsyncLocalStorage<PostgresAuditedCall>();

/** Runs one statement by itself. */
type Query = (text: string, values: unknown[]) => Promise<unknown>;

/** A call whose line is part of the first transaction it commits, so that no crash can part the two. */
export class PostgresAuditedCall implements AuditedCall {
  private committed = false;

  constructor(
    private readonly line: AuditedLine,
    private readonly query: Query,
  ) {}

  /** The call this is running in; undefined: in none that is audited. */
  static current(): PostgresAuditedCall | undefined {
    return running.getStore();
  }

  run<T>(work: () => T): T {
    return running.run(this, work);
  }

  async end(outcome: string): Promise<void> {
    if (outcome === 'ok' && this.committed) return;
    await this.query(INSERT, this.values(outcome));
  }

  /** The transaction of a call that ends well, as the last statement of its work; `didCommit` once it has. */
  async writeIn(manager: EntityManager): Promise<void> {
    if (!this.committed) await manager.query(INSERT, this.values('ok'));
  }

  didCommit(): void {
    this.committed = true;
  }

  private values(outcome: string): string[] {
    const { method, actor, key, subject } = this.line;
    return [method, actor, key, subject, outcome];
  }
}

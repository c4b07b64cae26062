import type { JsonValue } from '@bufbuild/protobuf';
import { KeptWantedState } from '../../wanted-now.js';
import type { Database } from './database.js';

export class PostgresWantedState extends KeptWantedState {
  constructor(private readonly database: Database) {
    super();
  }

  async read(): Promise<JsonValue | undefined> {
    const [row] = await this.database.rows<{ state: JsonValue }>('SELECT state FROM drift_monitor.wanted_state');
    return row?.state;
  }

  async keep(revision: bigint, state: JsonValue): Promise<void> {
    await this.database.rows(
      `INSERT INTO drift_monitor.wanted_state AS kept (revision, state) VALUES ($1, $2)
       ON CONFLICT (id) DO UPDATE SET revision = excluded.revision, state = excluded.state
       WHERE kept.revision <= excluded.revision`,
      [String(revision), JSON.stringify(state)],
    );
  }
}

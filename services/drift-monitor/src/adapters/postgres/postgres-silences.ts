import { randomUUID } from 'node:crypto';
import type { NewSilence, Silence } from '../../domain/silence.js';
import { Silences } from '../../silences.js';
import type { Database } from './database.js';

type Row = Pick<Silence, 'id' | 'matchers' | 'comment'> & Record<'starts_ms' | 'ends_ms' | 'created_by', string>;

export class PostgresSilences extends Silences {
  constructor(private readonly database: Database) {
    super();
  }

  async list(nowMs: number): Promise<Silence[]> {
    const rows = await this.database.rows<Row>(
      'SELECT * FROM drift_monitor.silence WHERE ends_ms > $1 ORDER BY ends_ms, id',
      [nowMs],
    );
    return rows.map(({ id, matchers, starts_ms, ends_ms, created_by, comment }) => {
      return { id, matchers, startsMs: Number(starts_ms), endsMs: Number(ends_ms), createdBy: created_by, comment };
    });
  }

  async add(silence: NewSilence): Promise<Silence> {
    const id = randomUUID();
    const { matchers, startsMs, endsMs, createdBy, comment } = silence;
    await this.database.rows('INSERT INTO drift_monitor.silence VALUES ($1, $2, $3, $4, $5, $6)', [
      id,
      JSON.stringify(matchers),
      startsMs,
      endsMs,
      createdBy,
      comment,
    ]);
    return { id, ...silence };
  }

  async end(id: string, nowMs: number): Promise<boolean> {
    const rows = await this.database.rows<{ ended: boolean }>(
      `WITH ended AS (UPDATE drift_monitor.silence SET ends_ms = $2 WHERE id::text = $1 AND ends_ms > $2 RETURNING id)
       SELECT true AS ended FROM ended`,
      [id, nowMs],
    );
    return rows.length > 0;
  }
}

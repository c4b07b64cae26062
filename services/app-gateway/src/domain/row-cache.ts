/** Rows by key, the one asked for longest ago forgotten first. A row that is known not to exist is kept as null. */
export class RowCache<Row> {
  private readonly rows = new Map<string, { row: Row | null; untilMs: number }>();

  constructor(
    private readonly rowsMax: number,
    private readonly ageMs: number,
  ) {}

  get size(): number {
    return this.rows.size;
  }

  /** Undefined: nothing is known, or no longer believed. */
  get(key: string, nowMs: number): Row | null | undefined {
    const kept = this.rows.get(key);
    if (!kept) return undefined;
    this.rows.delete(key);
    if (kept.untilMs <= nowMs) return undefined;
    this.rows.set(key, kept); // the last asked for goes last
    return kept.row;
  }

  set(key: string, row: Row | null, nowMs: number): void {
    this.rows.delete(key);
    this.rows.set(key, { row, untilMs: nowMs + this.ageMs });
    if (this.rows.size > this.rowsMax) this.rows.delete(this.rows.keys().next().value as string);
  }
}

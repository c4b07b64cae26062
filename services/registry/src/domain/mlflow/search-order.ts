import { Problem } from '@vinaigrette/problems';
import { readKey, type Entity, type Searchable } from './search-filter.js';

export interface Order {
  entity: Entity;
  key: string;
  ascending: boolean;
}

const CLAUSES_MAX = 20;
const CLAUSE = /^\s*(.+?)(?:\s+(ASC|DESC))?\s*$/i;

/** Reads clauses such as "metrics.rmse DESC" or "start_time". Throws QUERY_INVALID. */
export function parseOrder(clauses: readonly string[], searchable: Searchable): Order[] {
  if (clauses.length > CLAUSES_MAX) {
    throw new Problem('QUERY_INVALID', `A search is sorted by at most ${CLAUSES_MAX} keys`, { field: 'order_by' });
  }
  return clauses.map((clause) => {
    const [, name = '', direction = 'ASC'] = CLAUSE.exec(clause) ?? [];
    const { entity, key } = readKey(name, searchable);
    if (entity === 'dataset') {
      throw new Problem('QUERY_INVALID', 'A search cannot be sorted by a data set', { field: 'order_by' });
    }
    return { entity, key, ascending: direction.toUpperCase() === 'ASC' };
  });
}

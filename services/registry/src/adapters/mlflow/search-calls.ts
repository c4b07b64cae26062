import { z } from 'zod';
import { offsetOf, pageOf } from '../../domain/mlflow/page-token.js';
import { parseFilter, type Searchable } from '../../domain/mlflow/search-filter.js';
import { parseOrder } from '../../domain/mlflow/search-order.js';
import type { Lifecycle, Search } from '../../tracking.js';
import { optionalText, texts } from './call.js';

/** The fields that every search has. */
export const searchFields = { filter: optionalText, order_by: texts.default([]), page_token: optionalText };

export const viewType = z.enum(['ACTIVE_ONLY', 'DELETED_ONLY', 'ALL']).default('ACTIVE_ONLY');

export const lifecyclesOf = (view: z.infer<typeof viewType>): Lifecycle[] =>
  view === 'ALL' ? ['active', 'deleted'] : [view === 'DELETED_ONLY' ? 'deleted' : 'active'];

/** One row more than the page has is asked for: it tells whether there is another page. */
export function search(
  request: { filter: string; order_by: string[]; page_token: string; max_results: number },
  searchable: Searchable,
  lifecycles: Lifecycle[] = ['active'],
): Search {
  return {
    conditions: parseFilter(request.filter, searchable),
    order: parseOrder(request.order_by, searchable),
    lifecycles,
    limit: request.max_results + 1,
    offset: offsetOf(request.page_token),
  };
}

export function searched<Row>(found: readonly Row[], { limit, offset }: Pick<Search, 'limit' | 'offset'>) {
  const { rows, next } = pageOf(found, limit - 1, offset);
  return { rows, token: next === undefined ? {} : { next_page_token: next } };
}

import type { Logger } from '@vinaigrette/edge';
import { postgresOptions } from '@vinaigrette/postgres';
import { FirstTables1763683200000 } from './migrations/0001-first-tables.js';
import { Pages1763740800002 } from './migrations/0002-pages.js';
import { SegmentsAndPolicies1763740800003 } from './migrations/0003-segments-and-policies.js';
import { Archive1763740800004 } from './migrations/0004-archive.js';
import { Acting1763740800005 } from './migrations/0005-acting.js';
import { Looks1763740800006 } from './migrations/0006-looks.js';

/** The monitor's tables, in a schema of their own; adding up the panes of a day takes longer than other statements. */
export const dataSourceOptions = (url: string, logger: Logger, leaseTimeoutMs?: number) =>
  postgresOptions(
    {
      url,
      schema: 'drift_monitor',
      statementTimeoutMs: 60_000,
      ...(leaseTimeoutMs && { idleTransactionTimeoutMs: leaseTimeoutMs }),
      migrations: [
        FirstTables1763683200000,
        Pages1763740800002,
        SegmentsAndPolicies1763740800003,
        Archive1763740800004,
        Acting1763740800005,
        Looks1763740800006,
      ],
    },
    logger,
  );

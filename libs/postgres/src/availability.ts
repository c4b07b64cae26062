/** SQLSTATE classes and codes that say "not now": connection, resources, operator, lock not had, system. */
const unavailableStates = /^(08|53|57|58|55P03)/;
const unavailableErrnos = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT', // of a Unix socket
]);
/** What pg, its pool and TypeORM say in words only. */
const unavailableWords =
  /Connection terminated|Connection ended|timeout exceeded when trying to connect|Query read timeout|not queryable|QueryRunnerAlreadyReleased|Driver not Connected|Connection is not established/i;

/** Whether the database could not be reached, or broke off: the same call may succeed later. */
export function isUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof AggregateError) return error.errors.some(isUnavailable);
  const { code } = error as NodeJS.ErrnoException;
  const driverError: unknown = 'driverError' in error ? error.driverError : undefined;
  return (
    (code !== undefined && unavailableErrnos.has(code)) ||
    unavailableStates.test(sqlStateOf(error)) ||
    unavailableWords.test(`${error.name} ${error.message}`) ||
    (driverError !== error && isUnavailable(driverError))
  );
}

/** Five characters of SQLSTATE, also from within TypeORM's wrapping; "" when PostgreSQL said nothing. */
export function sqlStateOf(error: unknown): string {
  const { code, driverError } = error as { code?: unknown; driverError?: { code?: unknown } };
  const state = driverError?.code ?? code;
  return typeof state === 'string' && /^[0-9A-Z]{5}$/.test(state) ? state : '';
}

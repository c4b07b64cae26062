/** An error that names process, variable and remedy when a port is taken; any other error as it came. */
export function explainTakenPort(error: unknown, service: string, variable: string, port: number): Error {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE' || /EADDRINUSE|No address added/.test(String(error))) {
    return new Error(
      `${service} cannot listen on port ${port}: another process has it. Stop that process, or set ${variable} to a free port.`,
    );
  }
  return error instanceof Error ? error : new Error(String(error));
}

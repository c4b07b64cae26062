import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { z } from 'zod';

const file = z.string().optional();

/**
 * The variables of a process that speaks TLS with its neighbours, as a part of its schema: check it with `checkTls`,
 * read it with `tlsOf`. Files in PEM, read once at the start. `http`: what TLS_HTTP is when nobody says.
 */
export const tlsVariables = (http: 'mutual' | 'off') => ({
  TLS_CERT_FILE: file, // of this process, with what it was signed by; unset: it listens in clear text
  TLS_KEY_FILE: file,
  TLS_CA_FILE: file, // who signs the neighbours; with it callers must show a certificate too
  TLS_HTTP: z.enum(['mutual', 'server', 'off']).default(http), // server: HTTP asks callers for no certificate
});

export type TlsVariables = Readonly<z.infer<z.ZodObject<ReturnType<typeof tlsVariables>>>>;

/** What a server shows, and what it asks of its callers; as node:tls takes it. */
export interface ServerTls {
  cert: Buffer;
  key: Buffer;
  ca?: Buffer;
  requestCert: boolean;
  rejectUnauthorized: true;
  minVersion: 'TLSv1.2';
}

/** Whom a client trusts (no `ca`: whom Node trusts), and what it shows; as node:tls takes it. */
export interface ClientTls {
  ca?: Buffer;
  cert?: Buffer;
  key?: Buffer;
}

export interface Tls {
  /** undefined: clear text, as for the others. */
  server: ServerTls | undefined;
  http: ServerTls | undefined;
  client: ClientTls | undefined;
}

/** For `superRefine`: names the variable whose file cannot be used. */
export function checkTls(variables: TlsVariables, context: z.RefinementCtx): void {
  const { TLS_CERT_FILE: cert, TLS_KEY_FILE: key } = variables;
  const fault = (variable: keyof TlsVariables, message: string) =>
    context.addIssue({ code: 'custom', path: [variable], message });
  if (cert !== undefined && key === undefined) fault('TLS_KEY_FILE', 'must be set together with TLS_CERT_FILE');
  if (key !== undefined && cert === undefined) fault('TLS_CERT_FILE', 'must be set together with TLS_KEY_FILE');
  if ((cert === undefined) !== (key === undefined)) return;
  for (const [variable, what] of [
    ['TLS_CA_FILE', (ca: Buffer) => ({ ca })],
    ['TLS_CERT_FILE', (pem: Buffer) => ({ cert: pem })],
    ['TLS_KEY_FILE', (pem: Buffer) => ({ key: pem, cert: readFileSync(cert as string) })],
  ] as const) {
    const path = variables[variable];
    try {
      if (path !== undefined) createSecureContext(what(readFileSync(path)));
    } catch (error) {
      return fault(variable, `cannot be used: ${(error as Error).message}`);
    }
  }
}

/** Reads the files; throws when one is gone since it was checked. */
export function tlsOf({ TLS_CERT_FILE, TLS_KEY_FILE, TLS_CA_FILE, TLS_HTTP }: TlsVariables): Tls {
  const ca = TLS_CA_FILE === undefined ? {} : { ca: readFileSync(TLS_CA_FILE) };
  const own =
    TLS_CERT_FILE === undefined || TLS_KEY_FILE === undefined
      ? undefined
      : { cert: readFileSync(TLS_CERT_FILE), key: readFileSync(TLS_KEY_FILE) };
  const asked = { requestCert: 'ca' in ca, rejectUnauthorized: true, minVersion: 'TLSv1.2' } as const;
  const server = own && { ...own, ...ca, ...asked };
  return {
    server,
    http: TLS_HTTP === 'off' ? undefined : server && { ...server, requestCert: TLS_HTTP === 'mutual' && 'ca' in ca },
    client: own || 'ca' in ca ? { ...ca, ...own } : undefined,
  };
}

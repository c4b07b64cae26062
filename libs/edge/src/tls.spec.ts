import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { readEnvironment } from './read-environment.js';
import { checkTls, tlsOf, tlsVariables } from './tls.js';

const dir = mkdtempSync(join(tmpdir(), 'vinaigrette-tls-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** A key, and a certificate that signs itself. */
function pair(name: string) {
  const [TLS_CERT_FILE, TLS_KEY_FILE] = [join(dir, `${name}.crt`), join(dir, `${name}.key`)];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', TLS_KEY_FILE];
  execFileSync('openssl', ['req', '-x509', ...key, '-out', TLS_CERT_FILE, '-subj', `/CN=${name}`], { stdio: 'pipe' });
  return { TLS_CERT_FILE, TLS_KEY_FILE };
}

const own = pair('own');
const other = pair('other');
const TLS_CA_FILE = other.TLS_CERT_FILE;
const read = (environment: NodeJS.ProcessEnv) =>
  readEnvironment(z.object(tlsVariables('mutual')).superRefine(checkTls), environment);

describe('tlsOf()', () => {
  it.each([
    { what: 'nothing', given: {}, server: undefined, http: undefined, client: undefined },
    { what: 'a certificate', given: own, server: false, http: false, client: ['cert', 'key'] },
    { what: 'whom to trust', given: { TLS_CA_FILE }, server: undefined, http: undefined, client: ['ca'] },
    { what: 'both', given: { ...own, TLS_CA_FILE }, server: true, http: true, client: ['ca', 'cert', 'key'] },
    {
      what: 'both, and pages to serve',
      given: { ...own, TLS_CA_FILE, TLS_HTTP: 'server' },
      server: true,
      http: false,
      client: ['ca', 'cert', 'key'],
    },
    {
      what: 'both, behind a proxy',
      given: { ...own, TLS_CA_FILE, TLS_HTTP: 'off' },
      server: true,
      http: undefined,
      client: ['ca', 'cert', 'key'],
    },
  ])('of $what asks callers for a certificate: gRPC $server, HTTP $http; and shows $client', (row) => {
    const tls = tlsOf(read(row.given));
    expect({
      server: tls.server?.requestCert,
      http: tls.http?.requestCert,
      client: tls.client && Object.keys(tls.client).sort(),
    }).toEqual({ server: row.server, http: row.http, client: row.client });
  });
});

describe('checkTls()', () => {
  const garbage = join(dir, 'garbage');
  writeFileSync(garbage, 'no certificate');
  it.each([
    { what: 'a certificate without its key', given: { TLS_CERT_FILE: own.TLS_CERT_FILE }, named: 'TLS_KEY_FILE' },
    { what: 'a key without its certificate', given: { TLS_KEY_FILE: own.TLS_KEY_FILE }, named: 'TLS_CERT_FILE' },
    { what: 'a key of another one', given: { ...own, TLS_KEY_FILE: other.TLS_KEY_FILE }, named: 'TLS_KEY_FILE' },
    { what: 'a file that is not there', given: { TLS_CA_FILE: join(dir, 'none') }, named: 'TLS_CA_FILE' },
    { what: 'a certificate that is none', given: { ...own, TLS_CERT_FILE: garbage }, named: 'TLS_CERT_FILE' },
  ])('names $named for $what', ({ given, named }) => {
    expect(() => read(given)).toThrow(named);
  });
});

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];

/** Files in PEM, in the words of the variables that name them. */
export interface Certificate {
  TLS_CERT_FILE: string;
  TLS_KEY_FILE: string;
  /** Who signed it. */
  TLS_CA_FILE: string;
}

/** An authority of its own, and a certificate that it signed for 127.0.0.1, as caller and as called. Needs openssl 3. */
export function makeCertificate(dir: string, name: string): Certificate {
  const file = (ending: string) => join(dir, `${name}-${ending}`);
  const request = (...words: string[]) =>
    execFileSync('openssl', ['req', '-x509', ...KEY, ...words], { stdio: 'pipe' });
  const [ca, caKey] = [file('ca.crt'), file('ca.key')];
  request('-keyout', caKey, '-out', ca, '-subj', `/CN=${name} authority`);
  const [cert, key] = [file('own.crt'), file('own.key')];
  const signed = ['-CA', ca, '-CAkey', caKey, '-addext', 'basicConstraints=critical,CA:FALSE'];
  const names = ['-addext', 'subjectAltName=IP:127.0.0.1', '-addext', 'extendedKeyUsage=serverAuth,clientAuth'];
  request(...signed, ...names, '-keyout', key, '-out', cert, '-subj', `/CN=${name}`);
  return { TLS_CERT_FILE: cert, TLS_KEY_FILE: key, TLS_CA_FILE: ca };
}

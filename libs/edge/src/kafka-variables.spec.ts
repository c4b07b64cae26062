import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { checkKafka, kafkaSecurityOf, kafkaVariables } from './kafka-variables.js';
import { readEnvironment } from './read-environment.js';
import { tlsVariables } from './tls.js';

const dir = mkdtempSync(join(tmpdir(), 'vinaigrette-kafka-variables-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const [KAFKA_CA_FILE, key, noCertificate] = ['ca.crt', 'ca.key', 'text'].map((name) => join(dir, name)) as string[];
const pair = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', key as string];
execFileSync('openssl', ['req', '-x509', ...pair, '-out', KAFKA_CA_FILE as string, '-subj', '/CN=kafka'], {
  stdio: 'pipe',
});
writeFileSync(noCertificate as string, 'no certificate');

const schema = z.object({ ...tlsVariables('off'), ...kafkaVariables }).superRefine(checkKafka);
const read = (environment: NodeJS.ProcessEnv) => readEnvironment(schema, environment);
const named = { KAFKA_USERNAME: 'shop', KAFKA_PASSWORD: 'secret' };

describe('kafkaSecurityOf()', () => {
  it.each([
    { what: 'nothing', given: {}, tls: undefined, mechanism: undefined },
    { what: 'TLS alone', given: { KAFKA_TLS: 'on' }, tls: [], mechanism: undefined },
    { what: 'whom to believe', given: { KAFKA_TLS: 'on', KAFKA_CA_FILE }, tls: ['ca'], mechanism: undefined },
    {
      what: 'this process of the house',
      given: { KAFKA_TLS: 'on', KAFKA_CA_FILE, TLS_CERT_FILE: KAFKA_CA_FILE, TLS_KEY_FILE: key },
      tls: ['ca', 'cert', 'key'],
      mechanism: undefined,
    },
    {
      what: 'a password that is never sent',
      given: { KAFKA_SASL: 'scram-sha-512', ...named },
      tls: undefined,
      mechanism: 'scram-sha-512',
    },
    { what: 'a password', given: { KAFKA_TLS: 'on', KAFKA_SASL: 'plain', ...named }, tls: [], mechanism: 'plain' },
  ])('knows $what', ({ given, tls, mechanism }) => {
    const security = kafkaSecurityOf(read(given));
    expect(security.tls && Object.keys(security.tls).sort()).toEqual(tls);
    expect(security.sasl).toEqual(mechanism && { mechanism, username: 'shop', password: 'secret' });
  });

  it.each([
    { given: { KAFKA_SASL: 'scram-sha-256', KAFKA_USERNAME: 'shop' }, names: 'KAFKA_PASSWORD' },
    { given: { KAFKA_PASSWORD: 'secret' }, names: 'KAFKA_PASSWORD' },
    { given: { KAFKA_SASL: 'gssapi', ...named }, names: 'KAFKA_SASL' },
    { given: { KAFKA_SASL: 'plain', ...named }, names: 'KAFKA_SASL' },
    { given: { KAFKA_TLS: 'yes' }, names: 'KAFKA_TLS' },
    { given: { KAFKA_CA_FILE }, names: 'KAFKA_CA_FILE' },
    { given: { KAFKA_TLS: 'on', KAFKA_CA_FILE: noCertificate }, names: 'KAFKA_CA_FILE' },
    { given: { KAFKA_TLS: 'on', KAFKA_CA_FILE: '/nowhere' }, names: 'KAFKA_CA_FILE' },
  ])('refuses $given and names $names', ({ given, names }) => {
    expect(() => read(given)).toThrow(names);
  });
});

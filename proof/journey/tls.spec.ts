import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect as connectHttp2, type ClientHttp2Session } from 'node:http2';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SecureContextOptions } from 'node:tls';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { describeWith } from '../../tools/real-part.mjs';
import { makeCertificate, type Certificate } from './certificates.js';
import { createDatabase } from './database.js';
import { demoVersion } from './demo-version.js';
import { eventually, House } from './house.js';
import { call, queryOf, recommend, type Drift } from './shop.js';

const useCase = { kind: 'recommendation', model: 'basket', budgetMs: 60_000, fallback: ['best-sellers'] };

describeWith('PostgreSQL', 'DATABASE_URL', 'a house whose services know each other by certificate', () => {
  const cleanUp: (() => unknown)[] = [];
  let house: House;
  let own: Certificate;
  let strange: Certificate;

  beforeAll(async () => {
    const dir = mkdtempSync(join(tmpdir(), 'vinaigrette-tls-'));
    cleanUp.push(() => rmSync(dir, { recursive: true, force: true }));
    [own, strange] = [makeCertificate(dir, 'house'), makeCertificate(dir, 'stranger')];
    const [database, version] = await Promise.all([createDatabase(process.env.DATABASE_URL as string), demoVersion()]);
    cleanUp.push(database.drop, version.remove);
    house = await House.open({ databaseUrl: database.url, environment: { ...own } });
    cleanUp.push(() => house.close());
    const file = join(dir, 'use-case.json');
    writeFileSync(file, JSON.stringify(useCase));
    const first = ['--alias', 'champion', '--reason', 'first'];
    await house.vinaigrette('models', 'push', version.dir, '--name', 'basket', ...first);
    await house.vinaigrette('documents', 'put', 'use-case', 'recommendations', file, ...first);
  }, 240_000);
  afterAll(async () => {
    for (const clean of cleanUp.reverse()) await clean();
  }, 120_000);

  const shown = ({ TLS_CA_FILE, TLS_CERT_FILE, TLS_KEY_FILE }: Partial<Certificate>): SecureContextOptions => ({
    ...(TLS_CA_FILE && { ca: readFileSync(TLS_CA_FILE) }),
    ...(TLS_CERT_FILE && { cert: readFileSync(TLS_CERT_FILE) }),
    ...(TLS_KEY_FILE && { key: readFileSync(TLS_KEY_FILE) }),
  });

  it('answers by the model, and counts what was answered', async () => {
    await eventually(
      'answered by the model',
      () => recommend(house, { basket: ['milk'] }),
      ({ servedBy }) => servedBy.fallback === null,
    );
    const query = queryOf({ model: 'basket', from: Date.now() - 3_600_000, to: Date.now() + 300_000 });
    await eventually(
      'counted by the monitor',
      async () => JSON.parse(await get(house.ports.monitorHttp, `/v1/drift?${query}`, shown(own))) as Drift,
      ({ predictions }) => Number(predictions) > 0,
    );
  }, 240_000);

  const doors = () => {
    const { registryHttp, modelServerHttp, monitorHttp, registryGrpc, modelServerGrpc, monitorGrpc } = house.ports;
    const http = { registry: registryHttp, 'model-server': modelServerHttp, 'drift-monitor': monitorHttp };
    const grpc = { registry: registryGrpc, 'model-server': modelServerGrpc, 'drift-monitor': monitorGrpc };
    return { http, grpc };
  };

  it.each(['registry', 'model-server', 'drift-monitor'] as const)(
    'opens the doors of the %s to its own, and to no stranger',
    async (service) => {
      const { http, grpc } = doors();
      const knock = (tls: SecureContextOptions) => [
        get(http[service], '/healthz', tls).then(() => 'in'),
        knockGrpc(grpc[service], tls),
      ];
      expect(await Promise.all(knock(shown(own)))).toEqual(['in', 'in']);
      const strangers = [
        shown({ TLS_CA_FILE: own.TLS_CA_FILE }), // shows nothing
        shown({ ...strange, TLS_CA_FILE: own.TLS_CA_FILE }), // signed by somebody else
        shown({ ...own, TLS_CA_FILE: strange.TLS_CA_FILE }), // does not trust the house
      ];
      const refused = await Promise.allSettled(strangers.flatMap(knock));
      expect(refused.map(({ status }) => status)).toEqual(Array.from({ length: 6 }, () => 'rejected'));
      await expect(call(`http://127.0.0.1:${http[service]}/healthz`)).rejects.toThrow();
    },
    60_000,
  );

  it('refuses a command that shows nothing, or a certificate of somebody else', async () => {
    const list = (environment: Record<string, string>) => house.vinaigretteWith(environment, 'models', 'list');
    expect(await list({})).toContain('basket');
    const nothing = { TLS_CERT_FILE: '', TLS_KEY_FILE: '' };
    await expect(list(nothing)).rejects.toThrow('ended with 1');
    await expect(list({ ...strange, TLS_CA_FILE: own.TLS_CA_FILE })).rejects.toThrow('ended with 1');
    await expect(list({ ...nothing, TLS_CA_FILE: '' })).rejects.toThrow('ended with 1');
  }, 120_000);
});

/** Resolves with the body of a good answer. */
function get(port: number, path: string, tls: SecureContextOptions): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path, agent: false, ...tls }, (answer) => {
      let text = '';
      answer.on('data', (piece: Buffer) => (text += piece.toString()));
      answer.on('error', reject);
      answer.on('end', () => (answer.statusCode === 200 ? resolve(text) : reject(new Error(`${answer.statusCode}`))));
    });
    asked.on('error', reject).end();
  });
}

/** Resolves when a call is answered, with whatever: the door was opened. */
async function knockGrpc(port: number, tls: SecureContextOptions): Promise<string> {
  const session: ClientHttp2Session = connectHttp2(`https://127.0.0.1:${port}`, tls);
  try {
    return await new Promise((resolve, reject) => {
      session.on('error', reject).on('close', () => reject(new Error('closed')));
      const headers = { ':method': 'POST', ':path': '/no.Service/Method', 'content-type': 'application/grpc' };
      const stream = session.request({ ...headers, te: 'trailers' });
      stream
        .on('response', () => resolve('in'))
        .on('error', reject)
        .on('close', () => reject(new Error('closed')));
      stream.end();
    });
  } finally {
    session.destroy();
  }
}

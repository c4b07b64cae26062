import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { kafkaVariables } from '@vinaigrette/edge';
import { parse } from 'yaml';
import { root } from '../src/config.js';
import { serviceNames } from '../src/index.js';

interface ComposeService {
  image: string;
  build?: { context: string; dockerfile: string; target: string };
  environment?: Record<string, string | number>;
  ports?: string[];
  volumes?: string[];
  depends_on?: Record<string, unknown>;
  healthcheck?: unknown;
}
interface Compose {
  services: Record<string, ComposeService>;
  volumes: Record<string, unknown>;
}

const read = (file: string) => readFileSync(path.join(root, file), 'utf8');
const compose = parse(read('deploy/compose.yaml'), { merge: true }) as Compose;
const dockerfile = read('deploy/Dockerfile');

/** The part of the Dockerfile that makes one target. */
const stageOf = (target: string) =>
  dockerfile.split(/^(?=FROM )/m).find((stage) => new RegExp(`^FROM \\S+ AS ${target}$`, 'm').test(stage)) ?? '';
const settingsOf = (stage: string) => [...stage.matchAll(/([A-Z][A-Z_]+)=/g)].map(([, name]) => name as string);
const named = (source: string) => [...source.matchAll(/^\s+([A-Z][A-Z_]+):/gm)].map(([, name]) => name);
/** The variables that a service's config.ts really reads. */
const readBy = (service: string) => {
  const config = read(`services/${service}/src/config.ts`);
  return [...named(config), ...(config.includes('...kafkaVariables') ? Object.keys(kafkaVariables) : [])];
};

describe('deploy/', () => {
  it.each(serviceNames)('tells %s only what its config.ts reads', (service) => {
    const told = [...Object.keys(compose.services[service]?.environment ?? {}), ...settingsOf(stageOf(service))];
    const shared = settingsOf(stageOf('base')).filter((name) => name !== 'NODE_ENV');
    expect(told.length).toBeGreaterThan(0);
    expect(readBy(service)).toEqual(expect.arrayContaining([...told, ...shared]));
  });

  it.each(serviceNames)('builds %s from a target of its own that is not root and has a health check', (service) => {
    expect(compose.services[service]?.build?.target).toBe(service);
    expect(stageOf(service)).toMatch(/^FROM service AS /);
    expect(stageOf('service')).toMatch(/^USER [1-9]\d*/m);
    expect(stageOf(service)).toMatch(/^HEALTHCHECK /m);
    expect(stageOf(service)).toContain(`CMD ["node", "services/${service}/dist/src/main.js"]`);
  });

  it.each(serviceNames)('publishes the ports %s listens on by itself, on loopback', (service) => {
    const config = read(`services/${service}/src/config.ts`);
    const own = [...config.matchAll(/_PORT: port\.default\(([\d_]+)\)/g)].map(([, port]) => port?.replace('_', ''));
    expect(own.length).toBeGreaterThan(0);
    expect(compose.services[service]?.ports).toEqual(own.map((port) => `127.0.0.1:${port}:${port}`));
    expect(stageOf(service)).toContain(`EXPOSE ${own.join(' ')}`);
  });

  it('names only volumes and services that are there, and probes what is not ours', () => {
    for (const { volumes = [], depends_on = {} } of Object.values(compose.services)) {
      for (const volume of volumes) expect(Object.keys(compose.volumes)).toContain(volume.split(':')[0]);
      for (const other of Object.keys(depends_on)) expect(Object.keys(compose.services)).toContain(other);
    }
    expect(compose.services['postgres']?.healthcheck).toBeDefined();
    expect(compose.services['kafka']?.healthcheck).toBeDefined();
  });

  it('addresses services by their names and ports in the compose file', () => {
    for (const { environment = {} } of Object.values(compose.services)) {
      for (const [name, value] of Object.entries(environment)) {
        if (!/^(REGISTRY_ADDRESS|MODEL_SERVER_ADDRESS)$/.test(name)) continue;
        const [host = '', port] = String(value).split(':');
        expect(compose.services[host]?.ports).toContain(`127.0.0.1:${port}:${port}`);
      }
    }
  });
});

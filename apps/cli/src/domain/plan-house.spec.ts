import { describe, expect, it } from '@jest/globals';
import { planHouse, portVariables, serviceNames, type Ports } from './plan-house.js';

const ports = Object.fromEntries(
  Object.keys(portVariables).map((variable, index) => [variable, 4_000 + index]),
) as Ports;
const plans = planHouse({ root: '/house', stateDir: '/state', ports, databaseUrl: 'postgres://db' });

describe('planHouse()', () => {
  it('starts the registry first, since the others follow it, and the gateway last', () => {
    expect(plans.map(({ name }) => name)).toEqual(serviceNames);
    expect(serviceNames.at(0)).toBe('registry');
    expect(serviceNames.at(-1)).toBe('app-gateway');
  });

  it('gives every port to exactly one service', () => {
    expect(plans.flatMap(({ ports: own }) => own).sort()).toEqual(Object.values(ports).sort());
  });

  it.each([
    ['REGISTRY_ADDRESS', `127.0.0.1:${ports.REGISTRY_GRPC_PORT}`],
    ['MODEL_SERVER_ADDRESS', `127.0.0.1:${ports.MODEL_SERVER_GRPC_PORT}`],
    ['MONITOR_URL', `http://127.0.0.1:${ports.MONITOR_HTTP_PORT}`],
    ['GATEWAY_URL', `http://127.0.0.1:${ports.GATEWAY_HTTP_PORT}`],
    ['EVENT_LOG_DIR', '/state/event-log'],
    ['DATABASE_URL', 'postgres://db'],
  ])('tells every service the same %s', (variable, value) => {
    for (const { env } of plans) expect(env[variable]).toBe(value);
  });

  it('keeps everything below the state folder', () => {
    const folders = Object.entries(plans[0]?.env ?? {}).filter(([name]) => name.endsWith('_DIR'));
    expect(folders.map(([name]) => name)).toEqual([
      'EVENT_LOG_DIR',
      'ARCHIVE_DIR',
      'ARTIFACT_DIR',
      'MODEL_SERVER_CACHE_DIR',
      'GATEWAY_CACHE_DIR',
    ]);
    for (const [, folder] of folders) expect(folder).toMatch(/^\/state\/./);
  });
});

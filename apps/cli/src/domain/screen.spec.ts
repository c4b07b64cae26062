import { describe, expect, it } from '@jest/globals';
import { portVariables, type Ports } from './plan-house.js';
import { screen } from './screen.js';

const ports = Object.fromEntries(
  Object.keys(portVariables).map((variable, index) => [variable, 60_000 + index]),
) as Ports;
const house = {
  ports,
  database: '127.0.0.1:5432',
  eventLog: '/state/event-log',
  logs: '/state/logs',
  missing: [],
  seconds: 9.87,
};

describe('screen()', () => {
  it('fits one screen of 26 lines and 110 columns', () => {
    const lines = screen(house).split('\n');
    expect(lines.length).toBeLessThanOrEqual(26);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(110);
  });

  it('names every port', () => {
    for (const port of Object.values(ports)) expect(screen(house)).toContain(`127.0.0.1:${port}`);
  });

  it('says that it runs, or loudly what it still waits for', () => {
    expect(screen(house)).toContain('Vinaigrette runs, ready after 9.9 s');
    expect(screen({ ...house, missing: ['a use case'] })).toContain('NOT READY (a use case) after 9.9 s');
  });
});

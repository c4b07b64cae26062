import { describe, expect, it } from '@jest/globals';
import { createLogger } from '@vinaigrette/edge';
import { drawSide, type Trial } from '@vinaigrette/serving';
import { GuardRollouts } from '../src/guard-rollouts.js';
import { Rollouts, type Complaint } from '../src/rollouts.js';
import { eventually } from './test-gateway.js';

/** A registry that only listens. */
class Heard extends Rollouts {
  reports = 0;
  readonly complaints: Complaint[] = [];

  report(): Promise<void> {
    this.reports += 1;
    return Promise.resolve();
  }

  complain(_rolloutId: string, complaint: Complaint): Promise<void> {
    this.complaints.push(complaint);
    return Promise.resolve();
  }
}

const trial: Trial = {
  ...{ id: 'r-1', kind: 'canary', variant: 'canary', salt: 'salt', step: 0, candidate: undefined },
  ...{ shareBps: 2_500, segmentBps: new Map() },
};

/** So many customers, of whose candidates every `lostEvery`th is answered by a fallback. */
function guardOf(customers: number, lostEvery: number) {
  const heard = new Heard();
  const guard = new GuardRollouts(heard, () => new Set([trial.id]), createLogger('test', 'silent'));
  for (let n = 0; n < customers; n++) {
    const draw = drawSide(trial, `customer-${n}`, []);
    const fallback = draw.side === 'candidate' && n % lostEvery === 0;
    guard.count([{ trial, draw }], `customer-${n}`, { error: false, fallback, slow: false });
  }
  return { heard, guard };
}

describe('GuardRollouts', () => {
  it('asks for a pause when one side loses its units, without calling the candidate bad', async () => {
    const { heard, guard } = guardOf(4_000, 3);
    guard.start();
    await eventually(() => heard.complaints.length > 0, 'the registry hears it');
    await guard.stop();
    expect(heard.complaints[0]).toMatchObject({
      verdict: 'HOLD',
      why: expect.stringContaining('chi-square'),
      evidence: { candidate: { errors: 0 } },
    });
    expect(guard.ejected.size).toBe(0);
  }, 60_000);

  it('has nothing to say while the candidate is being loaded, nor of the units that came meanwhile', async () => {
    const { heard, guard } = guardOf(4_000, 1);
    guard.start();
    await eventually(() => heard.reports > 3, 'it reports');
    for (let n = 0; n < 4_000; n++) {
      const draw = drawSide(trial, `customer-${n}`, []);
      guard.count([{ trial, draw }], `customer-${n}`, { error: false, fallback: false, slow: false });
    }
    const before = heard.reports;
    await eventually(() => heard.reports > before + 3, 'it reports again');
    await guard.stop();
    expect(heard.complaints).toEqual([]);
  }, 60_000);

  it('has nothing to say of sides that come as they were drawn', async () => {
    const { heard, guard } = guardOf(4_000, Infinity);
    guard.start();
    await eventually(() => heard.reports > 3, 'it reports');
    await guard.stop();
    expect(heard.complaints).toEqual([]);
  }, 60_000);
});

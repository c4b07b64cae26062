import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { JoinOutcomes, type JoinLimits } from './join-outcomes.js';
import type { Labelled } from './online-model.js';

const limits: JoinLimits = { predictionsMax: 3, outcomesMax: 3, waitMs: 100 };
const ample: JoinLimits = { predictionsMax: 1_000, outcomesMax: 1_000, waitMs: 1e9 };
const outcome = (predictionId: string, atMs = 1) => ({ predictionId, atMs, kind: 'purchased', skus: ['b'] });
const inputs = { items: ['a'] };

function joiner(of: JoinLimits) {
  const joined: Labelled[] = [];
  return { joined, join: new JoinOutcomes(of, (labelled) => joined.push(labelled)) };
}

describe('JoinOutcomes', () => {
  it('brings a prediction and its outcome together, once', () => {
    const { join, joined } = joiner(limits);
    join.predicted('1', 1, inputs);
    join.becameOf(outcome('1'));
    join.becameOf(outcome('1'));
    expect(joined).toEqual([{ ...outcome('1'), inputs }]);
    expect(join.counts).toEqual({ repeated: 1, unknownPrediction: 0, forgotten: 0 });
  });

  it('leaves what became of other models alone', () => {
    const { join, joined } = joiner(limits);
    join.predicted('1', 1, undefined);
    join.becameOf(outcome('1'));
    expect([joined.length, join.waiting.outcomes, join.counts.unknownPrediction]).toEqual([0, 0, 0]);
  });

  it('counts outcomes whose prediction never comes, once it could have', () => {
    const { join } = joiner(limits);
    join.becameOf(outcome('nobody', 1));
    expect(join.waiting.outcomes).toBe(1);
    join.predicted('1', 102, inputs);
    expect(join.counts.unknownPrediction).toBe(1);
  });

  it('remembers no more than its limits', () => {
    const { join } = joiner(limits);
    for (let n = 0; n < 5; n++) join.predicted(String(n), 1, inputs);
    for (let n = 0; n < 5; n++) join.becameOf(outcome(`x${n}`));
    expect(join.waiting).toEqual({ predictions: 3, outcomes: 3 });
    expect(join.counts).toEqual({ repeated: 0, unknownPrediction: 2, forgotten: 2 });
  });

  it('joins the same pairs in every order, saved and restored anywhere', () => {
    const step = fc.tuple(fc.constantFrom('p', 'o'), fc.integer({ min: 0, max: 9 }));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.nat(40), (steps, cut) => {
        const joined = new Set<string>();
        const take = ({ predictionId }: Labelled) => joined.add(predictionId);
        let join = new JoinOutcomes(ample, take);
        steps.forEach(([what, id], at) => {
          if (at === cut) join = new JoinOutcomes(ample, take, structuredClone(join.save()));
          if (what === 'p') join.predicted(String(id), 1, inputs);
          else join.becameOf(outcome(String(id)));
        });
        const ids = (kind: string) => new Set(steps.flatMap(([what, id]) => (what === kind ? [String(id)] : [])));
        expect([...joined].sort()).toEqual([...ids('p')].filter((id) => ids('o').has(id)).sort());
      }),
    );
  });
});

import type { ModelSession, Tensors } from './model-session.js';

const ROUNDS = 60;
const WARM_UP_ROUNDS = 5;

/** Median time of a row in microseconds, one thread, in batches of `batch`; `inputsOf` makes the batch of a round. */
export async function measureCost(
  session: ModelSession,
  batch: number,
  inputsOf: (round: number) => Tensors,
): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < WARM_UP_ROUNDS + ROUNDS; round++) {
    const inputs = inputsOf(round);
    const startedMs = performance.now();
    await session.run(inputs);
    if (round >= WARM_UP_ROUNDS) times.push((performance.now() - startedMs) * 1_000);
  }
  const median = times.sort((a, b) => a - b)[ROUNDS / 2] as number;
  return Math.round((median / batch) * 10) / 10;
}

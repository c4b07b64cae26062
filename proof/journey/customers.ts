import { setTimeout as sleep } from 'node:timers/promises';
import type { House } from './house.js';
import { recommend } from './shop.js';

/** After an answer, and after none, in milliseconds: enough to keep a gateway busy, not the machine. */
const PAUSE_MS = 5;

/** Customers who keep asking until told to leave; they note every answer they got, and shrug at those they did not. */
export function customers(house: House, howMany: number): { answered: string[]; leave(): Promise<void> } {
  const answered: string[] = [];
  let asking = true;
  const done = Promise.all(
    Array.from({ length: howMany }, async () => {
      while (asking) {
        const answer = await recommend(house, { basket: ['milk', 'bread'] }).catch(() => undefined);
        if (answer) answered.push(answer.predictionId);
        await sleep(PAUSE_MS);
      }
    }),
  );
  const leave = async () => {
    asking = false;
    await done;
  };
  return { answered, leave };
}

import type { Command } from 'commander';
import { readConfig } from '../config.js';
import { runHouse } from '../house/run-house.js';

export function addStart(program: Command): void {
  program
    .command('start')
    .description('start PostgreSQL and the four services, and keep them running until Ctrl-C')
    .addHelpText(
      'after',
      `
Ports, folders and the database are environment variables; they are listed in the README.

Examples:
  $ vinaigrette start
  $ GATEWAY_HTTP_PORT=9080 STATE_DIR=/srv/shop vinaigrette start
  $ DATABASE_URL=postgres://shop:secret@db/shop KAFKA_BROKERS=k1:9092,k2:9092 vinaigrette start`,
    )
    .action(start);
}

async function start(): Promise<void> {
  const startedAt = performance.now();
  const tell = (news: string) =>
    console.log(`[${((performance.now() - startedAt) / 1_000).toFixed(1).padStart(6)} s] ${news}`);
  const interrupted = new AbortController();
  const stopWanted = new Promise<NodeJS.Signals>((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(name, () => {
        resolve(name);
        interrupted.abort(new Interrupted(name));
      });
    }
  });

  try {
    const house = await runHouse(readConfig(process.env), tell, interrupted.signal);
    console.log(house.screen);
    const signal = await stopWanted;
    tell(`${signal}: stopping everything in order`);
    await house.stop();
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    tell(`${error.message}: stopped before everything was started`);
  }
  // Keep-alive sockets of the commands would hold the process for a while.
  process.exit(0);
}

class Interrupted extends Error {}

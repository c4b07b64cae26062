import { access } from 'node:fs/promises';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { removeEmbeddedPostgres, startEmbeddedPostgres } from '@vinaigrette/embedded-postgres';
import { createDatabase } from '../database.js';
import { House } from '../house.js';
import { travel } from './journey.js';
import { disagreements, reportOf } from './report.js';

const help = `Trains on January to June 2011 of Online Retail, serves the model, asks again for every basket of July and August
at the time it was sold, and prints per week what the drift monitor saw.

  npm run demo:online-retail -- FILE

FILE is the CSV of UCI's Online Retail, plain or .gz. DATABASE_URL and KAFKA_BROKERS are used when they are set;
without them the demo brings its own PostgreSQL, and the monitor reads the gateway's segments.`;

/** Ends with 0 when the monitor and a batch over the file agree, with 1 when they do not, with 2 for a bad call. */
async function main([file, ...more]: string[]): Promise<number> {
  if (file === undefined || more.length > 0 || file === '--help') {
    console.log(help);
    return file === '--help' ? 0 : 2;
  }
  const sales = resolve(process.env.INIT_CWD ?? '.', file);
  try {
    await access(sales);
  } catch {
    console.error(`${sales} cannot be read. Give the path of Online Retail's CSV; --help tells more.`);
    return 2;
  }
  const started = Date.now();
  const tell = (news: string) => console.log(`${((Date.now() - started) / 1_000).toFixed(1).padStart(6)} s  ${news}`);
  const server = await databaseServer(tell);
  try {
    const database = await createDatabase(server.url);
    const kafkaBrokers = process.env.KAFKA_BROKERS;
    tell('starting registry, model server, drift monitor and gateway');
    const house = await House.open({ databaseUrl: database.url, ...(kafkaBrokers ? { kafkaBrokers } : {}) });
    try {
      const journey = await travel(house, sales, tell);
      const faults = disagreements(journey);
      console.log(`\n${reportOf(journey)}\n`);
      if (faults.length === 0) console.log('A batch over the file gives the same numbers.');
      else console.error(`A batch over the file disagrees:\n${faults.join('\n')}`);
      return faults.length === 0 ? 0 : 1;
    } finally {
      await house.close();
      await database.drop();
    }
  } finally {
    await server.stop();
  }
}

async function databaseServer(tell: (news: string) => void): Promise<{ url: string; stop: () => Promise<void> }> {
  if (process.env.DATABASE_URL) return { url: process.env.DATABASE_URL, stop: async () => undefined };
  tell('starting a PostgreSQL of its own');
  const dir = await mkdtemp(join(tmpdir(), 'vinaigrette-demo-'));
  const dataDir = join(dir, 'postgres');
  const server = await startEmbeddedPostgres({ dataDir });
  return {
    url: server.url,
    stop: async () => {
      await server.stop();
      await removeEmbeddedPostgres({ dataDir });
      await rm(dir, { recursive: true, force: true });
    },
  };
}

process.exitCode = await main(process.argv.slice(2));

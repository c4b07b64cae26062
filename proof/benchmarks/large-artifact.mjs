// What a large artefact costs the registry's memory, sent and fetched as MLflow's client does it: one PUT, one GET.
//   DATABASE_URL=postgres://... node proof/benchmarks/large-artifact.mjs [MIB, 1024]
// Prints the resident memory of the registry's process before, and its peak during each, as the kernel counts it.
// After `npm run build`; Linux only.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { createDatabase } from '../dist/journey/database.js';

const MIB = 2 ** 20;
const [mib = '1024'] = process.argv.slice(2);
const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'vinaigrette-benchmark-'));
const database = await createDatabase(process.env.DATABASE_URL);
const child = spawn(process.execPath, [join(root, 'services/registry/dist/src/main.js')], {
  env: {
    PATH: process.env.PATH,
    DATABASE_URL: database.url,
    ARTIFACT_DIR: folder,
    REGISTRY_HTTP_PORT: '0',
    REGISTRY_GRPC_PORT: '0',
  },
  stdio: ['ignore', 'pipe', 'inherit'],
});

/** Resident MiB of the registry now. */
function residentMib() {
  const [, kib] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'));
  return Number(kib) / 1024;
}

/** Runs the work and tells how long it took and the most memory that was resident meanwhile. */
async function watched(what, work) {
  let peak = residentMib();
  const looking = setInterval(() => (peak = Math.max(peak, residentMib())), 50);
  const begun = performance.now();
  const sha256 = await work();
  clearInterval(looking);
  const seconds = (performance.now() - begun) / 1_000;
  console.log(
    `${what}: ${seconds.toFixed(1)} s, ${(Number(mib) / seconds).toFixed(0)} MiB/s, at most ${peak.toFixed(0)} MiB resident`,
  );
  return sha256;
}

async function* content() {
  const block = Buffer.alloc(MIB);
  for (let index = 0; index < Number(mib); index += 1) {
    block.writeUInt32LE(index);
    yield Buffer.from(block);
  }
}

async function digestOf(chunks) {
  const hash = createHash('sha256');
  for await (const chunk of chunks) hash.update(chunk);
  return hash.digest('hex');
}

try {
  let http;
  for await (const line of createInterface({ input: child.stdout })) {
    ({ http } = JSON.parse(line));
    if (http) break;
  }
  child.stdout.resume();
  const url = `http://127.0.0.1:${http}/api/2.0/mlflow-artifacts/artifacts/0/large/artifacts/model.bin`;
  console.log(`${mib} MiB; the registry begins with ${residentMib().toFixed(0)} MiB resident`);
  await watched('sent', async () => {
    const answer = await fetch(url, { method: 'PUT', body: content(), duplex: 'half' });
    if (!answer.ok) throw new Error(`PUT answered ${answer.status} ${await answer.text()}`);
  });
  const fetched = await watched('fetched', async () => digestOf((await fetch(url)).body));
  if (fetched !== (await digestOf(content()))) throw new Error('the bytes that came back are others');
} finally {
  child.kill('SIGKILL');
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  await database.drop();
  rmSync(folder, { recursive: true, force: true });
}

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Client } from '@connectrpc/connect';
import { RolloutKind, RolloutMove, type AliasChange, type RegistryService } from '@vinaigrette/contracts/registry';
import { describeWith } from '../../../tools/real-part.mjs';
import { eventually, refusal, register, Workbench, type RunningRegistry } from './running-registry.js';
import { slowModel, tinyFiles } from './tiny-model.js';

const KILLS = 8;
const WORKERS = 3;
const CHAMPION = { subject: { kind: 'rule-set', name: 'shop' }, alias: 'champion' };
const MODEL = { subject: { kind: 'model', name: 'negation' }, alias: 'champion' };

/** What the registry said had happened. */
interface Acknowledged {
  versions: Map<number, string>; // number -> digest of card.json
  documents: Map<number, string>; // number -> body
  reasons: Set<string>; // of alias moves
}

describeWith('PostgreSQL', 'DATABASE_URL', 'a registry killed again and again', () => {
  let bench: Workbench;
  beforeAll(async () => void (bench = await Workbench.open()));
  afterAll(() => bench?.close());

  it('keeps everything it acknowledged, and nothing by halves', async () => {
    const said: Acknowledged = { versions: new Map(), documents: new Map(), reasons: new Set() };
    for (let kill = 0; kill < KILLS; kill++) {
      const registry = bench.start();
      const client = await registry.client();
      const work = Array.from({ length: WORKERS }, (_, worker) => workUntilRefused(client, `${kill}-${worker}`, said));
      // Every other kill falls while a version is on its way, however slow the machine: one has just been registered.
      const before = said.versions.size;
      if (kill % 2 === 1) await eventually(() => expect(said.versions.size).toBeGreaterThan(before));
      await sleep(Math.random() * 800);
      await registry.kill('SIGKILL');
      await Promise.all(work);
    }

    const registry = bench.start();
    const client = await registry.client();
    expect(await readdir(join(bench.folder, 'scratch'))).toEqual([]); // the halves of those who died are gone
    const model = (await client.listModels({})).models.find(({ name }) => name === 'negation');
    expect(numbersOf(model?.versions)).toEqual(gapless(model?.versions));
    for (const [version, card] of said.versions) {
      const kept = model?.versions.find((one) => one.version === version);
      expect(kept?.files.find(({ path }) => path === 'card.json')?.sha256).toBe(card);
    }
    for (const { sha256 } of model?.versions.flatMap(({ files }) => files) ?? []) {
      const bytes = await readFile(join(bench.folder, 'sha256', sha256.slice(0, 2), sha256));
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(sha256);
    }
    const every = await client.listDocuments({ kind: 'rule-set' });
    const documents = every.documents.filter(({ name }) => name === 'shop');
    expect(numbersOf(documents)).toEqual(gapless(documents));
    for (const [version, body] of said.documents) {
      expect(documents.find((one) => one.version === version)?.bodyJson).toBe(body);
    }
    const written: AliasChange[] = [];
    for (const { subject } of [CHAMPION, MODEL]) {
      const { changes } = await client.listAliasChanges({ subject });
      const oldestFirst = [...changes].reverse();
      oldestFirst.forEach(({ from }, index) => expect(from).toBe(oldestFirst[index - 1]?.to ?? 0));
      const versions = subject.kind === 'model' ? model?.versions : documents;
      expect(numbersOf(versions)).toEqual(expect.arrayContaining([...new Set(changes.map(({ to }) => to))]));
      const held = await bench.query<{ version: number }>('SELECT version FROM registry.alias WHERE name = $1', [
        subject.name,
      ]);
      expect(held.map(({ version }) => version)).toEqual(changes.slice(0, 1).map(({ to }) => to));
      written.push(...changes);
    }
    await checkRollouts(bench);
    expect(written.map(({ reason }) => reason)).toEqual(expect.arrayContaining([...said.reasons]));
    const revisions = await bench.query<{ revision: string }>('SELECT revision FROM registry.alias_change');
    const [row] = await bench.query<{ revision: string }>('SELECT revision FROM registry.wanted_revision');
    const highest = Math.max(...revisions.map(({ revision }) => Number(revision)));
    expect(Number(row?.revision)).toBeGreaterThanOrEqual(highest); // a rollout that began has one of its own
    // The test means something only when the kills fell between acknowledged things.
    expect([said.versions.size > 0, said.documents.size > 0, said.reasons.size > 0]).toEqual([true, true, true]);
    console.log(
      `${KILLS} kills; acknowledged and kept: ${said.versions.size} of ${model?.versions.length} versions, ` +
        `${said.documents.size} of ${documents.length} documents, ${said.reasons.size} of ${written.length} moves`,
    );
  }, 600_000);

  it('takes the inspection with it that it had begun', async () => {
    const registry: RunningRegistry = bench.start();
    const client = await registry.client();
    const registered = refusal(register(client, 'slow', tinyFiles({ 'model.onnx': slowModel() })));
    const inspections = () => commandsBelow(bench.folder);
    await eventually(async () => expect(await inspections()).toHaveLength(1));
    await registry.kill('SIGKILL');
    expect(await registered).toBeDefined();
    await eventually(async () => expect(await inspections()).toEqual([]));
  }, 180_000);
});

/** Registers, puts and moves, one after the other and everything new each time, until the registry is gone. */
async function workUntilRefused(
  client: Client<typeof RegistryService>,
  name: string,
  said: Acknowledged,
): Promise<void> {
  try {
    for (let step = 0; ; step++) {
      const label = `${name}-${step}`;
      const bodyJson = JSON.stringify({ rules: [{ id: label, action: 'hide', skus: [label] }] });
      const { document } = await client.putDocument({ kind: 'rule-set', name: 'shop', bodyJson, actor: 'test' });
      said.documents.set(document?.version ?? 0, bodyJson);
      await move(client, { ...CHAMPION, version: document?.version ?? 0 }, `document ${label}`, said);
      await tryOut(client, `tried-${name}`, label);
      if (step % 3 !== 0) continue;
      const card = JSON.stringify({ label });
      const { modelVersion } = await register(client, 'negation', tinyFiles({ 'card.json': card }));
      said.versions.set(modelVersion?.version ?? 0, createHash('sha256').update(card).digest('hex'));
      await move(client, { ...MODEL, version: modelVersion?.version ?? 0 }, `model ${label}`, said);
    }
  } catch {
    // Killed: what was not acknowledged may be there or not.
  }
}

/** A rollout to its end: its last change and the move of the alias are one. */
async function tryOut(client: Client<typeof RegistryService>, name: string, label: string): Promise<void> {
  const subject = { kind: 'rule-set', name };
  const by = { actor: 'test', reason: label };
  const put = (sku: string) => {
    const bodyJson = JSON.stringify({ rules: [{ id: 'gone', action: 'hide', skus: [sku] }] });
    return client.putDocument({ ...subject, bodyJson, actor: 'test' });
  };
  const control = (await put(`${label}-control`)).document?.version ?? 0;
  await client.setAlias({ subject, alias: 'champion', version: control, ...by });
  const candidate = (await put(`${label}-candidate`)).document?.version ?? 0;
  const { rollout } = await client.startRollout({ subject, candidate, kind: RolloutKind.CANARY, ...by });
  await client.changeRollout({ id: rollout?.id ?? '', move: RolloutMove.COMPLETE, ...by });
}

/** Each rollout is where its last change says, and was completed exactly when its candidate took the alias. */
async function checkRollouts(bench: Workbench): Promise<void> {
  const rollouts = await bench.query<{ state: string; last: string; moves: string }>(
    `SELECT tried.state,
       (SELECT state FROM registry.rollout_change WHERE rollout_id = tried.id ORDER BY id DESC LIMIT 1) AS last,
       (SELECT count(*) FROM registry.alias_change moved
        WHERE moved.name = tried.name AND moved.to_version = tried.candidate) AS moves
     FROM registry.rollout tried`,
  );
  for (const { state, last, moves } of rollouts) {
    expect(last).toBe(state);
    expect(Number(moves)).toBe(state === 'completed' ? 1 : 0);
  }
  expect(rollouts.filter(({ state }) => state === 'completed').length).toBeGreaterThan(0);
  const torn = await bench.query(
    `SELECT FROM registry.alias held WHERE version <> (
       SELECT to_version FROM registry.alias_change moved
       WHERE (moved.kind, moved.name, moved.alias) = (held.kind, held.name, held.alias) ORDER BY id DESC LIMIT 1)`,
  );
  expect(torn).toEqual([]);
}

async function move(
  client: Client<typeof RegistryService>,
  wish: typeof CHAMPION & { version: number },
  reason: string,
  said: Acknowledged,
): Promise<void> {
  const { change } = await client.setAlias({ ...wish, actor: 'test', reason });
  if (change?.reason === reason) said.reasons.add(reason);
}

type Numbered = readonly { version: number }[] | undefined;
const numbersOf = (versions: Numbered) => (versions ?? []).map(({ version }) => version).sort((a, b) => a - b);
const gapless = (versions: Numbered) => (versions ?? []).map((_, index) => index + 1);

/** Command lines of running processes that name the folder. */
async function commandsBelow(folder: string): Promise<string[]> {
  const lines =
    process.platform === 'linux'
      ? await commandLines()
      : execFileSync('ps', ['-A', '-o', 'args=']).toString().split('\n');
  return lines.filter((line) => line.includes(folder));
}

/** As /proc tells them: small images have no ps. */
async function commandLines(): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  return Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
}

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { InvalidArgumentError, type Command } from 'commander';
import {
  outcomeKinds,
  parseDocument,
  type Documents,
  type PerformancePolicy,
  type ValidationSet,
} from '@vinaigrette/documents';
import { Problem } from '@vinaigrette/problems';
import { parseSignature } from '@vinaigrette/signature';
import { withArchive } from '../adapters/archive.js';
import type { Registry } from '../adapters/registry.js';
import { readConfig } from '../config.js';
import { withCase } from '../domain/policy-case.js';
import { agreementOf, type Agreement } from '../domain/shadow-agreement.js';
import { table } from '../domain/table.js';
import { versionReference, type VersionReference } from '../domain/version-reference.js';
import { drawSet, type Draw } from '../validation/draw-set.js';
import { judgeVersion, rankingOutput } from '../validation/judge-version.js';
import { shadowedAnswers } from '../validation/shadowed-answers.js';
import { openVersions } from './data-versions.js';
import { openRegistry } from './registry-of.js';
import { durationMs } from './words.js';

const KIND = 'validation-set';
const IN_FORCE = 'champion';
const DAY_MS = 86_400_000;

/** The group `validation`, and what `models` does with its sets. */
export function addValidation(program: Command, models: Command): void {
  program
    .command('validation')
    .description('rows that versions are judged on, drawn from what was predicted and what came of it')
    .command('build')
    .argument('<name>', 'of the set: june')
    .requiredOption('--model <model>')
    .option('--since <time>', 'how far back, up to now: 30d, 12h', durationMs, 30 * DAY_MS)
    .option('--rows <rows>', 'drawn from all', count, 5_000)
    .option('--segment-rows <rows>', 'drawn from each sub-population, or all it has', count, 100)
    .option('--outcomes <kinds>', `what tells which was right, of ${outcomeKinds.join(', ')}`, kindsOf)
    .option('--seed <text>', 'another seed is another draw', 'one')
    .requiredOption('--reason <text>', 'kept in the history')
    .description('draw a set from labelled predictions, keep it by its digest, and put it in force')
    .addHelpText(
      'after',
      '\nExample:\n  $ vinaigrette validation build june --model basket --since 30d --reason "monthly"',
    )
    .action(build);
  models
    .command('evaluate')
    .argument('<name@version>', 'basket@3, basket@champion', versionReference)
    .requiredOption('--set <name>', 'a validation set')
    .description('judge a version on a validation set, whole and by sub-population, and tell the registry')
    .addHelpText('after', '\nExample:\n  $ vinaigrette models evaluate basket@3 --set june')
    .action(evaluate);
  models
    .command('shadow')
    .argument('<name@version>', 'that is or was a shadow: basket@3', versionReference)
    .option('--since <time>', 'how far back, up to now: 7d, 12h', durationMs, 7 * DAY_MS)
    .option('--within <share>', 'numbers so near to each other agree', share, 0.01)
    .option('--rows <rows>', 'most answers that are compared, drawn by digest', count, 100_000)
    .description('how often a shadow said what the champion said, by the archive, and tell the registry')
    .addHelpText('after', '\nExample:\n  $ vinaigrette models shadow insurance@2 --since 2d --within 0.05')
    .action(compareShadow);
  models
    .command('incident')
    .argument('<model>')
    .requiredOption('--id <id>', 'how the case is called: sold-out-july')
    .requiredOption('--says <text>', 'what went wrong')
    .requiredOption('--predictions <ids>', 'with commas between; the right answers are told as outcomes before')
    .requiredOption('--metric <metric>', 'of the task: accuracy, mae, hitRateAt5')
    .option('--at-least <number>', 'what every later version must reach on them', Number)
    .option('--at-most <number>', 'or may not exceed', Number)
    .option('--since <time>', 'how far back the predictions lie', durationMs, 30 * DAY_MS)
    .description('make a failure a case that every later version must pass')
    .addHelpText(
      'after',
      '\nExample:\n  $ vinaigrette models incident insurance --id newborns --says "charged as adults" \\\n      --predictions 0198…,0199… --metric mae --at-most 500',
    )
    .action(keepIncident);
}

interface BuildOptions {
  model: string;
  since: number;
  rows: number;
  segmentRows: number;
  outcomes?: string[];
  seed: string;
  reason: string;
}

async function build(name: string, { since, reason, ...options }: BuildOptions): Promise<void> {
  const registry = openRegistry();
  const outcomes = options.outcomes ?? outcomesOf(await taskOf(registry, options.model));
  const now = Date.now();
  const set = await keepSet(registry, name, { ...options, outcomes, fromMs: now - since, untilMs: now }, reason);
  const rows = Object.entries(set.segments).map(([segment, drawn]) => [segment, String(drawn)]);
  console.log(`${name}: ${set.rows} rows from ${set.from} to ${set.until}, ${set.data.name}@${set.data.digest}`);
  if (rows.length > 0) console.log(table(['SEGMENT', 'ROWS'], rows));
}

/** Draws a set, keeps its rows among the data versions, and puts the document that names them in force. */
async function keepSet(registry: Registry, name: string, draw: Draw, reason: string): Promise<ValidationSet> {
  const folder = await mkdtemp(path.join(tmpdir(), 'vinaigrette-set-'));
  try {
    const file = path.join(folder, `${name}.parquet`);
    const { MONITOR_URL } = readConfig(process.env);
    const drawn = await withArchive(MONITOR_URL, (connection) => drawSet(connection, draw, file));
    const data = await (await openVersions()).add(file, name, new Date());
    const { model, outcomes, seed } = draw;
    const body = { model, data: { name, digest: data.digest }, outcomes, seed, ...drawn };
    const set = parseDocument(KIND, body);
    const { document } = await registry.putDocument(KIND, name, body);
    await registry.setAlias({ kind: KIND, name, alias: IN_FORCE, version: document?.version ?? 0, reason });
    return set;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function evaluate({ name, version }: VersionReference, { set: setName }: { set: string }): Promise<void> {
  const registry = openRegistry();
  const found = await registry.version(name, version);
  const graph = found?.files.find(({ path: file }) => file === 'model.onnx');
  if (!found || !graph) throw new Problem('VERSION_NOT_FOUND', `There is no ${name}@${version} with a graph`);
  const document = await registry.document(KIND, setName, IN_FORCE);
  const set = parseDocument(KIND, JSON.parse(document.bodyJson));
  if (set.model !== name) {
    throw new Problem('BODY_INVALID', `The set ${setName} is of ${set.model}, not of ${name}`, { field: 'set' });
  }
  const versions = await openVersions();
  const rows = await versions.bring(await versions.find(set.data));
  const judgement = await judgeVersion(await registry.artefact(graph.sha256), rows, await taskOf(registry, name));
  await registry.putEvaluation({
    model: name,
    version: found.version,
    validationSet: setName,
    digest: set.data.digest,
    dataUntilMs: Date.parse(set.until),
    metrics: judgement.metrics,
    segments: judgement.segments,
  });
  const names = Object.keys(judgement.metrics);
  const line = (of: string, { rows: judged, metrics }: { rows: number; metrics: Record<string, number> }) => [
    of,
    String(judged),
    ...names.map((metric) => metrics[metric]?.toPrecision(6) ?? '-'),
  ];
  const lines = [line('all', judgement), ...judgement.segments.map((one) => line(one.segment, one))];
  console.log(table([`${name} ${found.version} on ${setName}`, 'ROWS', ...names], lines));
}

interface ShadowOptions {
  since: number;
  within: number;
  rows: number;
}

/** Where its promotion policy looks for the number; so it is called where there is none. */
async function agreementPlace(registry: Registry, model: string) {
  const held = await registry.findDocument('promotion-policy', model, IN_FORCE);
  const policy = held && parseDocument('promotion-policy', JSON.parse(held.bodyJson));
  return policy?.shadowAgreement ?? { validationSet: 'shadow', metric: 'agreement' };
}

async function compareShadow({ name, version }: VersionReference, { since, within, rows }: ShadowOptions) {
  const registry = openRegistry();
  const [shadow, returned] = [await registry.version(name, version), await registry.version(name, IN_FORCE)];
  if (!shadow || !returned) throw new Problem('VERSION_NOT_FOUND', `There is no ${name}@${version} beside a champion`);
  const task = await taskOf(registry, name);
  const ranking = task.kind === 'ranking' ? rankingOutput(parseSignature(JSON.parse(shadow.signatureJson))) : '';
  const now = Date.now();
  const shadowing = { model: name, returned: returned.version, shadow: shadow.version, rows };
  const { answers, dataUntilMs } = await withArchive(readConfig(process.env).MONITOR_URL, (connection) =>
    shadowedAnswers(connection, { ...shadowing, fromMs: now - since, untilMs: now }),
  );
  const agreement = agreementOf(answers, { task, ranking, within });
  if (!agreement) {
    throw new Problem(
      'VALIDATION_SET_EMPTY',
      `Since ${new Date(now - since).toISOString()} no request was answered by ${name} ${returned.version} with ${shadow.version} as its shadow`,
    );
  }
  const { validationSet, metric } = await agreementPlace(registry, name);
  const named = ({ metrics }: Agreement) => ({ [metric]: metrics.agreement });
  await registry.putEvaluation({
    ...{ model: name, version: shadow.version, validationSet, digest: '', dataUntilMs },
    metrics: named(agreement),
    segments: agreement.segments.map((one) => ({ ...one, metrics: named(one) })),
  });
  const line = (of: string, { rows: compared, metrics }: Agreement) => [
    of,
    String(compared),
    `${(metrics.agreement * 100).toFixed(2)} %`,
  ];
  const heads = [`${name} ${shadow.version} as the shadow of ${returned.version}`, 'ANSWERS', 'AGREE'];
  console.log(table(heads, [line('all', agreement), ...agreement.segments.map((one) => line(one.segment, one))]));
}

interface IncidentOptions {
  id: string;
  says: string;
  predictions: string;
  metric: string;
  atLeast?: number;
  atMost?: number;
  since: number;
}

async function keepIncident(model: string, options: IncidentOptions): Promise<void> {
  const { id, says, metric, since, predictions, ...bounds } = options;
  const registry = openRegistry();
  const held = await registry.document('promotion-policy', model, IN_FORCE);
  const incident = { id, incident: says, validationSet: `case-${id}`, metric, ...bounds };
  const policy = parseDocument(
    'promotion-policy',
    withCase(parseDocument('promotion-policy', JSON.parse(held.bodyJson)), incident),
  );
  const predictionIds = predictions.split(',').map((one) => one.trim());
  const now = Date.now();
  const draw: Draw = {
    model,
    outcomes: outcomesOf(await taskOf(registry, model)),
    fromMs: now - since,
    untilMs: now,
    rows: predictionIds.length,
    segmentRows: 0,
    seed: id,
    predictionIds,
  };
  const set = await keepSet(registry, incident.validationSet, draw, says);
  const { document } = await registry.putDocument('promotion-policy', model, policy);
  const version = document?.version ?? 0;
  await registry.setAlias({
    kind: 'promotion-policy',
    name: model,
    alias: IN_FORCE,
    version,
    expected: held.version,
    reason: says,
  });
  console.log(
    `The promotion policy of ${model} is ${version}: ${id} asks ${set.rows} of ${predictionIds.length} predictions again.\n` +
      `Evaluate a candidate on them: vinaigrette models evaluate ${model}@VERSION --set ${incident.validationSet}`,
  );
}

/** The files of every validation set in force of a model, brought to this machine. Throws DATA_NOT_FOUND. */
export async function setFiles(registry: Registry, model: string): Promise<string[]> {
  const sets = await inForce(registry, KIND, model);
  if (sets.length === 0) return [];
  const versions = await openVersions();
  const files: string[] = [];
  for (const { data } of sets) files.push(await versions.bring(await versions.find(data)));
  return files;
}

/** What a model is held to: the task of the performance document that names it. Throws DOCUMENT_NOT_FOUND. */
async function taskOf(registry: Registry, model: string): Promise<PerformancePolicy['task']> {
  const [policy] = await inForce(registry, 'performance', model);
  if (policy) return policy.task;
  throw new Problem('DOCUMENT_NOT_FOUND', `No document of kind performance says what is right for ${model}`, {
    field: 'model',
  });
}

/** Documents that name a model, by kind. */
type OfModels = Pick<Documents, typeof KIND | 'performance'>;

/** The documents in force of a kind that name a model. */
async function inForce<Kind extends keyof OfModels>(
  registry: Registry,
  kind: Kind,
  model: string,
): Promise<OfModels[Kind][]> {
  const names = new Set((await registry.documents(kind)).map(({ name }) => name));
  const found: OfModels[Kind][] = [];
  for (const name of names) {
    const held = await registry.findDocument(kind, name, IN_FORCE);
    const document: OfModels[Kind] | undefined = held && parseDocument(kind, JSON.parse(held.bodyJson));
    if (document?.model === model) found.push(document);
  }
  return found;
}

const outcomesOf = (task: PerformancePolicy['task']): string[] =>
  task.kind === 'ranking' ? [...task.kinds] : ['label', 'rating'];

function kindsOf(words: string): string[] {
  const kinds = words.split(',').map((word) => word.trim());
  const stranger = kinds.find((kind) => !(outcomeKinds as readonly string[]).includes(kind));
  if (stranger === undefined) return kinds;
  throw new InvalidArgumentError(`${stranger} is no kind of outcome: ${outcomeKinds.join(', ')}`);
}

function share(word: string): number {
  const value = Number(word);
  if (!/^[\d.]+$/.test(word) || !(value >= 0 && value <= 1)) throw new InvalidArgumentError('It is from 0 to 1');
  return value;
}

function count(word: string): number {
  if (!/^\d{1,8}$/.test(word)) throw new InvalidArgumentError('It is a number of rows');
  return Number(word);
}

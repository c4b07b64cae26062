import { readFile, realpath } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import ort from 'onnxruntime-node';
import { fromOrt, toOrt } from '@vinaigrette/onnx-tensors';
import { Problem } from '@vinaigrette/problems';
import { parseGolden, parseSignature, readGraph, type Golden, type Signature } from '@vinaigrette/signature';
import { joinRows, type Tensors } from '../../domain/batch.js';
import type { Evidence, Measured } from '../../domain/choose-isolation.js';
import { answerGolden, checkSignatureOfGraph, warmUpBatches, whyNotJoined } from '../../domain/prove-version.js';
import type { VersionFiles } from '../../executors.js';

/** Sizes of joined runs that a version should be warm for, in rows. */
export interface WarmUp {
  batchRows: readonly number[];
}

/** What proving a version found. */
export interface Proof extends Evidence {
  signature: Signature;
  whyNotJoined: string | undefined;
  /** Whether the graph that serves is not the file's own, as where a sequence of maps was made tensors. */
  rewritten: boolean;
  /** Files beside the model's that hold weights of it. */
  externalFiles: readonly string[];
}

/** What is needed of a graph to load it. */
interface LoadableGraph {
  model: Uint8Array;
  externalFiles: readonly string[];
}

/**
 * One thread a session: with two, small models run at a third of the rate. No memory arena: a single large batch would
 * be kept for ever. The model comes as bytes, so a graph cannot name files of its own choice as external data.
 */
const sessionOptions: ort.InferenceSession.SessionOptions = {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: 'sequential',
  enableCpuMemArena: false,
  enableMemPattern: false,
  logSeverityLevel: 4, // the reason of a failure is in its exception; ONNX Runtime would print it on stderr too
};

/** Runs of each batch size while a version warms up: the median of them is what it is judged by. */
const WARM_UP_RUNS = 9;
/** A first session pays for the start of ONNX Runtime too; above this it is loaded again, to know its own share. */
const LOAD_AGAIN_MS = 30;

/** A version loaded into ONNX Runtime on the thread that calls. Loading and running hold that thread up. */
export class OnnxSession {
  private constructor(private readonly session: ort.InferenceSession) {}

  /** Throws MODEL_INVALID. */
  static async load(modelPath: string, graph: LoadableGraph): Promise<OnnxSession> {
    try {
      return new OnnxSession(await sessionOf(modelPath, graph));
    } catch (cause) {
      throw new Problem('MODEL_INVALID', `ONNX Runtime cannot load the graph: ${firstLine(cause)}`, { cause });
    }
  }

  /** Loads a version that was proved elsewhere, and lets it answer here what it answered there. */
  static async openProved(files: VersionFiles, proof: Proof, { batchRows }: WarmUp): Promise<OnnxSession> {
    const { whyNotJoined, rewritten, externalFiles } = proof;
    const model = await readFile(files.modelPath);
    // To read the graph once more would hold the thread up for longer than all else.
    const session = await OnnxSession.load(files.modelPath, rewritten ? readGraph(model) : { model, externalFiles });
    const golden = await readGolden(files);
    if (!golden) return session;
    await answerGolden(golden, (inputs) => session.run(inputs));
    if (whyNotJoined !== undefined) return session;
    for (const requests of warmUpBatches(golden, batchRows)) await session.run(joinRows(requests));
    return session;
  }

  /** Loads a version, compares it with its signature and its golden examples, warms it up and measures it. */
  static async prove(files: VersionFiles, { batchRows }: WarmUp): Promise<{ session: OnnxSession; proof: Proof }> {
    const model = await readFile(files.modelPath);
    const graph = readGraph(model);
    const declared = graph.signature;
    const signature = files.signatureJson === undefined ? declared : statedSignature(files.signatureJson, declared);
    const { session, loadMs } = await loadMeasured(files.modelPath, graph);
    const golden = await readGolden(files);
    const run = (inputs: Tensors) => session.run(inputs);
    if (golden) await answerGolden(golden, run);
    const whyAlone = await whyNotJoined(golden, run);
    const sizes = whyAlone === undefined ? batchRows : [];
    const measured = golden && { loadMs, ...(await measureRuns(golden, sizes, run)) };
    const { externalFiles } = graph;
    const rewritten = graph.model !== model;
    const proof = { signature, whyNotJoined: whyAlone, measured, mayLoop: mayLoop(model), rewritten, externalFiles };
    return { session, proof };
  }

  async run(inputs: Tensors): Promise<Tensors> {
    try {
      return fromOrt(await this.session.run(toOrt(inputs)));
    } catch (cause) {
      throw new Problem('INFERENCE_FAILED', `The graph failed: ${firstLine(cause)}`, { cause });
    }
  }

  release(): Promise<void> {
    return this.session.release();
  }
}

/**
 * A graph comes as bytes, and so do the weights it keeps in files that really lie below its folder: ONNX Runtime opens
 * none. What it opens by itself it maps, and whoever writes to the file then changes, or crashes, what is being served.
 */
async function sessionOf(modelPath: string, { model, externalFiles }: LoadableGraph): Promise<ort.InferenceSession> {
  if (externalFiles.length === 0) return ort.InferenceSession.create(model, sessionOptions);
  const folder = await realpath(dirname(modelPath));
  const externalData: { path: string; data: Uint8Array }[] = [];
  for (const path of externalFiles) {
    const real = await realpath(join(folder, path));
    if (!real.startsWith(folder + sep)) throw new Error(`${path} lies outside the folder of the model`);
    externalData.push({ path, data: await readFile(real) });
  }
  return ort.InferenceSession.create(model, { ...sessionOptions, externalData });
}

/** The reason without the source lines ONNX Runtime adds. */
export const firstLine = (error: unknown): string =>
  (String((error as Error).message).split('\n')[0] ?? '').slice(0, 300);

async function loadMeasured(
  modelPath: string,
  graph: LoadableGraph,
): Promise<{ session: OnnxSession; loadMs: number }> {
  const load = async () => {
    const before = process.cpuUsage();
    const session = await OnnxSession.load(modelPath, graph);
    return { session, loadMs: cpuMsSince(before) };
  };
  const first = await load();
  if (first.loadMs <= LOAD_AGAIN_MS) return first;
  await first.session.release();
  return load();
}

/** Processor time: what is measured may have to wait for its turn. */
function cpuMsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

/** Warms up, and says how long a run takes: of the first example, and of the largest batch. */
async function measureRuns(
  golden: Golden,
  batchRows: readonly number[],
  run: (inputs: Tensors) => Promise<Tensors>,
): Promise<Omit<Measured, 'loadMs'>> {
  const runMs = await medianMs(golden.examples[0]?.inputs ?? {}, run);
  let batchRunMs = runMs;
  for (const requests of warmUpBatches(golden, batchRows)) batchRunMs = await medianMs(joinRows(requests), run);
  return { runMs, batchRunMs };
}

async function medianMs(inputs: Tensors, run: (inputs: Tensors) => Promise<Tensors>): Promise<number> {
  const times: number[] = [];
  for (let index = 0; index < WARM_UP_RUNS; index++) {
    const before = process.cpuUsage();
    await run(inputs);
    times.push(cpuMsSince(before));
  }
  return times.sort((a, b) => a - b)[WARM_UP_RUNS >> 1] as number;
}

/** Whether the names of the operators that repeat stand in the file. Weights that happen to spell one are no harm. */
const mayLoop = (model: Buffer): boolean =>
  ['Loop', 'Scan', 'SequenceMap'].some((name) =>
    model.includes(Buffer.from([0x22, name.length, ...Buffer.from(name)])),
  );

async function readGolden({ goldenPath }: VersionFiles): Promise<Golden | undefined> {
  if (goldenPath === undefined) return undefined;
  const text = await readFile(goldenPath, 'utf8');
  return parseGolden(parsed(text, () => new Problem('GOLDEN_MISMATCH', 'golden.json is not JSON')));
}

function statedSignature(json: string, declared: Signature): Signature {
  const stated = parseSignature(parsed(json, () => new Problem('SIGNATURE_MISMATCH', 'signature.json is not JSON')));
  checkSignatureOfGraph(stated, declared);
  return stated;
}

function parsed(text: string, refusal: () => Problem): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw refusal();
  }
}

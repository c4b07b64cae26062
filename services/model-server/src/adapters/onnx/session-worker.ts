import { readFile } from 'node:fs/promises';
import { parentPort, workerData } from 'node:worker_threads';
import ort from 'onnxruntime-node';
import { fromOrt, toOrt } from '@vinaigrette/onnx-tensors';
import { Problem, problemOf } from '@vinaigrette/problems';
import { parseGolden, parseSignature, readSignature, type Signature } from '@vinaigrette/signature';
import type { Tensors } from '../../domain/batch.js';
import { answerGolden, checkSignatureOfGraph, whyNotJoined } from '../../domain/prove-version.js';
import type { VersionFiles } from '../../executors.js';
import { buffersOf, type FromSession, type ToSession } from './session-messages.js';

/** The thread of one version: it owns the session, proves it, then runs what it is sent, one run at a time. */

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

const port = parentPort;
if (!port) throw new Error('This file is the body of a worker thread');
const files = workerData as VersionFiles;
const say = (message: FromSession, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer);

async function prove(): Promise<ort.InferenceSession> {
  const model = await readFile(files.modelPath);
  const declared = readSignature(model);
  const signature = files.signatureJson === undefined ? declared : statedSignature(files.signatureJson, declared);
  const session = await ort.InferenceSession.create(model, sessionOptions).catch((cause: unknown) => {
    throw new Problem('MODEL_INVALID', `ONNX Runtime cannot load the graph: ${firstLine(cause)}`, { cause });
  });
  const golden =
    files.goldenPath === undefined ? undefined : parseGolden(jsonOf(await readFile(files.goldenPath, 'utf8')));
  const run = (inputs: Tensors) => runSession(session, inputs);
  if (golden) await answerGolden(golden, run);
  say({ kind: 'ready', signature, whyNotJoined: await whyNotJoined(golden, run) });
  return session;
}

function statedSignature(json: string, declared: Signature): Signature {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw new Problem('SIGNATURE_MISMATCH', 'signature.json is not JSON', { cause });
  }
  const stated = parseSignature(value);
  checkSignatureOfGraph(stated, declared);
  return stated;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Problem('GOLDEN_MISMATCH', 'golden.json is not JSON', { cause });
  }
}

async function runSession(session: ort.InferenceSession, inputs: Tensors): Promise<Tensors> {
  try {
    return fromOrt(await session.run(toOrt(inputs)));
  } catch (cause) {
    throw new Problem('INFERENCE_FAILED', `The graph failed: ${firstLine(cause)}`, { cause });
  }
}

/** The reason without the source lines ONNX Runtime adds. */
const firstLine = (error: unknown): string => (String((error as Error).message).split('\n')[0] ?? '').slice(0, 300);

async function main(): Promise<void> {
  const session = await prove();
  port?.on('message', (message: ToSession) => {
    if (message.kind === 'stop') {
      port.close(); // nothing else keeps the thread: it ends
      return void session.release();
    }
    runSession(session, message.inputs).then(
      (outputs) => say({ kind: 'answer', outputs }, buffersOf(outputs)),
      (error: unknown) => say({ kind: 'failure', message: (error as Error).message }),
    );
  });
}

main().catch((error: unknown) => {
  const { code, message } = problemOf(error);
  say({ kind: 'unfit', code, message: code === 'INTERNAL' ? firstLine(error) : message });
  port.close();
});

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseBaseline } from '@vinaigrette/drift';
import { parseLineage } from '@vinaigrette/lineage';
import { Problem, type ProblemCode } from '@vinaigrette/problems';
import { loggedSchema, parseGolden, readGraph } from '@vinaigrette/signature';
import { agreeSignature } from '../../domain/agree-signature.js';
import { checkBaseline } from '../../domain/check-baseline.js';
import { BASELINE_FILE, GOLDEN_FILE, LINEAGE_FILE, MODEL_FILE, SIGNATURE_FILE } from '../../domain/version-files.js';
import type { Inspection } from '../../inspector.js';
import { answerGolden, loadModel } from './answer-golden.js';

/** Everything that is checked before a set of files becomes a version, cheap checks first. */
export async function inspectFiles(folder: string): Promise<Inspection> {
  const path = join(folder, MODEL_FILE);
  const declared = await readJson(folder, SIGNATURE_FILE, 'SIGNATURE_MISMATCH');
  const onnx = await readOnnx(path);
  const graph = readGraph(onnx);
  const signature = agreeSignature(graph.signature, declared);
  const goldenJson = await readJson(folder, GOLDEN_FILE, 'GOLDEN_MISMATCH');
  const golden = goldenJson === undefined ? undefined : parseGolden(goldenJson);
  const baselineJson = await readJson(folder, BASELINE_FILE, 'BASELINE_INVALID');
  if (baselineJson !== undefined) checkBaseline(parseBaseline(baselineJson), loggedSchema(signature));
  const lineageJson = await readJson(folder, LINEAGE_FILE, 'LINEAGE_INVALID');
  const lineage = lineageJson === undefined ? undefined : parseLineage(lineageJson);
  // From its path where it is served as it is: weights beside it are found from there.
  const session = await loadModel(graph.model === onnx ? path : graph.model);
  if (golden) await answerGolden(session, signature, golden);
  return { signature, hasBaseline: baselineJson !== undefined, lineage };
}

/** Throws MODEL_INVALID for what is longer than a protobuf message, and Node's buffer, can be. */
async function readOnnx(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ERR_FS_FILE_TOO_LARGE') throw cause;
    throw new Problem('MODEL_INVALID', 'An ONNX graph ends at 2 GiB; keep larger weights in files beside it', {
      cause,
    });
  }
}

/** The file's JSON; undefined when the version has no such file. Throws the code given when it is not JSON. */
async function readJson(folder: string, name: string, code: ProblemCode): Promise<unknown> {
  const text = await readFile(join(folder, name), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Problem(code, `${name} is not JSON: ${(cause as Error).message}`, { field: name, cause });
  }
}

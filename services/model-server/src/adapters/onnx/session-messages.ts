import type { ProblemCode } from '@vinaigrette/problems';
import type { Tensors } from '../../domain/batch.js';
import type { VersionFiles } from '../../executors.js';
import type { Proof, WarmUp } from './onnx-session.js';

/** What the protocol thread says to a session that lives elsewhere. */
export type ToSession =
  /** Load the version, let it answer its golden examples, warm it up, measure it. */
  | { kind: 'prove'; files: VersionFiles; warmUp: WarmUp }
  | { kind: 'run'; inputs: Tensors }
  /** Let the session go; another may be proved. */
  | { kind: 'release' }
  | { kind: 'stop' };

/** What it answers; one answer for each `prove` and each `run`. */
export type FromSession =
  | { kind: 'proved'; proof: Proof }
  | { kind: 'unfit'; code: ProblemCode; message: string }
  /** `memoryMb`: the resident memory of the session's process; 0: not looked at this time. */
  | { kind: 'answer'; outputs: Tensors; memoryMb: number }
  | { kind: 'failure'; message: string };

/** The memory of the tensors, each once: what postMessage may hand over instead of copying. */
export function buffersOf(tensors: Tensors): ArrayBuffer[] {
  const buffers = Object.values(tensors).flatMap(({ data }) => ('buffer' in data ? [data.buffer as ArrayBuffer] : []));
  return [...new Set(buffers)];
}

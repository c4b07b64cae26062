import type { ProblemCode } from '@vinaigrette/problems';
import type { Signature } from '@vinaigrette/signature';
import type { Tensors } from '../../domain/batch.js';

/** What the protocol thread and a session's thread say to each other. */
export type ToSession = { kind: 'run'; inputs: Tensors } | { kind: 'stop' };

export type FromSession =
  | { kind: 'ready'; signature: Signature; whyNotJoined: string | undefined }
  | { kind: 'unfit'; code: ProblemCode; message: string }
  | { kind: 'answer'; outputs: Tensors }
  | { kind: 'failure'; message: string };

/** The memory of the tensors, each once: what postMessage may hand over instead of copying. */
export function buffersOf(tensors: Tensors): ArrayBuffer[] {
  const buffers = Object.values(tensors).flatMap(({ data }) => ('buffer' in data ? [data.buffer as ArrayBuffer] : []));
  return [...new Set(buffers)];
}

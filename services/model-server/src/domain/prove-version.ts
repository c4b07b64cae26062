import { Problem } from '@vinaigrette/problems';
import { differenceFromGolden, type Golden, type GoldenExample, type Signature } from '@vinaigrette/signature';
import { joinRows, joiningKey, rowsOf, splitRows, type Tensors } from './batch.js';

/** Rows the proof of joining puts into one run. */
const PROOF_ROWS_MAX = 64;

/** Throws SIGNATURE_MISMATCH unless the file's inputs and outputs are, in names and types, those the graph declares. */
export function checkSignatureOfGraph(stated: Signature, declared: Signature): void {
  for (const side of ['inputs', 'outputs'] as const) {
    const [says, has] = [stated, declared].map((signature) =>
      signature[side]
        .map(({ name, datatype }) => `${name} ${datatype}`)
        .sort()
        .join(', '),
    );
    if (says !== has) {
      throw new Problem('SIGNATURE_MISMATCH', `signature.json has the ${side} ${says}; the graph has ${has}`);
    }
  }
}

/** Throws GOLDEN_MISMATCH, naming the example and the value, unless every golden example is answered as at training. */
export async function answerGolden(golden: Golden, run: (inputs: Tensors) => Promise<Tensors>): Promise<void> {
  for (const [index, { inputs, outputs }] of golden.examples.entries()) {
    const difference = differenceFromGolden(outputs, await run(inputs));
    if (difference)
      throw new Problem('GOLDEN_MISMATCH', `Golden example ${index} is answered otherwise: ${difference}`);
  }
}

/**
 * What keeps several requests from being run as one, in a sentence; undefined when nothing does. A graph may look at
 * its rows together (a softmax over the batch), and nothing in its signature says so. Hence joining is proved:
 * the golden examples, joined, must be answered as each is alone.
 */
export async function whyNotJoined(
  golden: Golden | undefined,
  run: (inputs: Tensors) => Promise<Tensors>,
): Promise<string | undefined> {
  if (!golden) return 'there are no golden examples to prove it with';
  const groups = proofGroups(golden.examples);
  if (groups.length === 0) return 'the inputs of no golden example share a first dimension';
  for (const group of groups) {
    const rows = group.map(({ inputs }) => rowsOf(inputs) as number);
    try {
      const answers = splitRows(await run(joinRows(group.map(({ inputs }) => inputs))), rows);
      if (!answers) return 'an output has another number of rows than the inputs';
      for (const [index, answer] of answers.entries()) {
        const difference = differenceFromGolden((group[index] as GoldenExample).outputs, answer);
        if (difference) return `joined, the golden examples are answered otherwise: ${difference}`;
      }
    } catch (error) {
      return `joined, the golden examples fail: ${(error as Error).message}`;
    }
  }
  return undefined;
}

/** The examples that have rows and may be joined, together; one that is alone of its shape is joined with itself. */
export function proofGroups(examples: readonly GoldenExample[]): GoldenExample[][] {
  const groups = new Map<string, GoldenExample[]>();
  const rowsSoFar = new Map<string, number>();
  for (const example of examples) {
    const own = rowsOf(example.inputs);
    if (own === undefined) continue;
    const key = joiningKey(example.inputs);
    const rows = (rowsSoFar.get(key) ?? 0) + own;
    if (groups.has(key) && rows > PROOF_ROWS_MAX) continue;
    groups.set(key, [...(groups.get(key) ?? []), example]);
    rowsSoFar.set(key, rows);
  }
  return [...groups.values()].map((group) => (group.length === 1 ? [...group, ...group] : group));
}

/** For each size, golden inputs that joined have so many rows, or as many as whole examples make; smallest first. */
export function warmUpBatches({ examples }: Golden, batchRows: readonly number[]): Tensors[][] {
  const [group] = proofGroups(examples);
  if (!group) return [];
  return [...batchRows]
    .sort((a, b) => a - b)
    .map((size) => {
      const batch: Tensors[] = [];
      let rows = 0;
      for (let index = 0; rows < size; index++) {
        const { inputs } = group[index % group.length] as GoldenExample;
        rows += rowsOf(inputs) as number;
        if (rows <= size || batch.length === 0) batch.push(inputs);
      }
      return batch;
    });
}

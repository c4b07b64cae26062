import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { readGraph } from '@vinaigrette/signature';
import { describeWith } from '../../../tools/real-part.mjs';
import { OnnxSession } from '../src/adapters/onnx/onnx-session.js';
import { differenceOf, readCase } from './node-tests.js';

const folder = process.env['ONNX_NODE_TESTS'] ?? '';

/** `passed`, or why not. */
async function outcomeOf(name: string): Promise<string> {
  const modelPath = join(folder, name, 'model.onnx');
  try {
    const { inputs, outputs } = readCase(join(folder, name));
    const graph = readGraph(await readFile(modelPath));
    const { signature } = graph;
    const session = await OnnxSession.load(modelPath, graph);
    const answer = await session.run(
      Object.fromEntries(inputs.map((tensor, index) => [signature.inputs[index]?.name ?? '', tensor])),
    );
    await session.release();
    const differences = outputs.map((tensor, index) => {
      const actual = answer[signature.outputs[index]?.name ?? ''];
      return actual ? differenceOf(tensor, actual) : 'no such output';
    });
    return differences.find((difference) => difference !== undefined) ?? 'passed';
  } catch (error) {
    return (error as Error).message;
  }
}

/** The cases that may fail, by the reason; all others pass. */
const exceptions = {
  'a sequence or an optional is no tensor': [
    /^test_(identity|if|loop16)_(opt|seq|sequence|seq_none)$/,
    /^test_loop13_seq$/,
    /^test_optional_/,
    /^test_sequence_(insert|map)_/,
  ],
  "ONNX Runtime's Node binding has no bfloat16": [/BFLOAT16/],
  'ONNX Runtime has no such operator for training': [/^test_(adagrad|adam|momentum|nesterov_momentum)/],
  'ONNX Runtime has no kernel for the type': [
    /^test_bitshift_\w+_uint16$/,
    /^test_(max|min)_u?int16$/,
    /^test_pow_types_float32_uint/,
  ],
  'ONNX Runtime knows no batch-major layout there': [/^test_(gru|lstm|simple_rnn)_batchwise$/],
  'ONNX Runtime wants the locale en_US.UTF-8 for it': [/^test_strnormalizer_export_monday_/],
  'the expected numbers are random': [/^test_bernoulli/, /^test_training_dropout(_default)?(_mask)?$/],
  'ONNX Runtime writes one digit more': [/FLOAT_to_STRING/],
  'ONNX Runtime rounds otherwise, near zero': [/^test_(dft|stft)/],
  'ONNX Runtime follows a later text of the standard': [
    /^test_maxunpool_export_with_output_shape$/,
    /^test_resize_downsample_scales_(cubic|linear)_align_corners$/,
  ],
};

describeWith("the ONNX project's node tests", 'ONNX_NODE_TESTS', 'the way of a graph into a session and back', () => {
  it('passes every node test of the ONNX project, but for the exceptions', async () => {
    const names = readdirSync(folder);
    const failures: Record<string, string> = {};
    for (const name of names) {
      const outcome = await outcomeOf(name);
      if (outcome !== 'passed') failures[name] = outcome;
    }
    const patterns = Object.values(exceptions).flat();
    const unexpected = Object.entries(failures).filter(([name]) => !patterns.some((pattern) => pattern.test(name)));
    expect(unexpected).toEqual([]);
    expect(names.length - Object.keys(failures).length).toBeGreaterThan(850);
  }, 400_000);
});

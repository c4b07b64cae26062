import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Problem } from '@vinaigrette/problems';
import { tensorOf, type Signature } from '@vinaigrette/signature';
import { checkInputs } from '../../domain/check-inputs.js';
import { readInferBody, writeInferBody } from './infer-body.js';

const signature: Signature = {
  inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 2] }],
  outputs: [{ name: 'y', datatype: 'INT64', shape: [-1] }],
  logged: [],
};
const target = { model: 'm', version: '' };
const read = (body: Buffer, jsonBytes?: number) => {
  const question = readInferBody(body, jsonBytes, target, () => signature);
  return { ...question, tensors: checkInputs(signature, question.inputs) };
};
const json = (body: unknown) => Buffer.from(JSON.stringify(body));
const x = (rest: object) => json({ inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2], ...rest }] });
const floats = Buffer.from(Float32Array.of(1, 2).buffer);
const binary = (size: number, behind = floats) => {
  const head = x({ parameters: { binary_data_size: size } });
  return { body: Buffer.concat([head, behind]), jsonBytes: head.length };
};

describe('readInferBody()', () => {
  const { body, jsonBytes } = binary(8);
  it.each([
    { form: 'flat data', body: x({ data: [1, 2] }) },
    { form: 'nested data', body: x({ data: [[1, 2]] }) },
    { form: 'bytes behind the JSON', body, jsonBytes },
    { form: 'nothing but the tensor', body: floats, jsonBytes: 0 },
  ])('reads $form', ({ body, jsonBytes }) => {
    expect(read(body, jsonBytes).tensors).toEqual({ x: tensorOf('FP32', [1, 2], [1, 2]) });
  });

  it.each([
    { fault: 'no JSON', body: Buffer.from('{'), says: /^The body is not JSON/ },
    { fault: 'a list', body: json([]), says: /at its root$/ },
    { fault: 'a shape of text', body: x({ shape: ['1', 2], data: [1, 2] }), says: /at inputs\.0\.shape\.0$/ },
    { fault: 'half a row', body: x({ shape: [1.5, 2], data: [1, 2] }), says: /at inputs\.0\.shape\.0$/ },
    { fault: 'no data', body: x({}), says: /^x has no data/ },
    { fault: 'too few values', body: x({ data: [1] }), says: /^1 values do not fill the shape \[1, 2\]/ },
    { fault: 'data nested too deep', body: x({ data: [[[1], [2]]] }), says: /^a list is not FP32/ },
    { fault: 'a priority of text', body: json({ parameters: { priority: 'x' } }), says: /^The parameter priority/ },
    { fault: 'more JSON than body', body: x({ data: [1, 2] }), jsonBytes: 9_999, says: /announces 9999 bytes/ },
    { fault: 'bytes that are not there', ...binary(12), says: /announces 12 bytes behind the JSON, where 8/ },
    { fault: 'a size below zero', ...binary(-1), says: /announces -1 bytes/ },
    { fault: 'bytes of nobody', ...binary(4), says: /^4 bytes behind the JSON belong to no input/ },
    { fault: 'half a float', ...binary(7, floats.subarray(0, 7)), says: /^x needs 8 bytes .* not 7/ },
    { fault: 'a tensor cut short', body: floats.subarray(0, 7), jsonBytes: 0, says: /^x needs 8 bytes .* not 7/ },
  ])('refuses $fault and says so', ({ body, jsonBytes, says }) => {
    expect(() => read(body, jsonBytes)).toThrow(says);
    expect(() => read(body, jsonBytes)).toThrow(Problem);
  });

  it('answers any damaged body with a tensor or a problem, never with a fault of its own', () =>
    fc.assert(
      fc.property(
        fc.constantFrom({ body: x({ data: [[1, 2]] }) }, { body, jsonBytes }),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        fc.nat(300),
        ({ body, jsonBytes }: { body: Buffer; jsonBytes?: number }, damages, cut) => {
          const damaged = Buffer.from(body.subarray(0, cut > body.length ? body.length : cut));
          for (const [at, byte] of damages) if (damaged.length > 0) damaged[at % damaged.length] = byte;
          try {
            read(damaged, jsonBytes);
          } catch (error) {
            expect(error).toBeInstanceOf(Problem);
          }
        },
      ),
      { numRuns: 5_000, seed: 7 },
    ));
});

describe('writeInferBody()', () => {
  const outputs = [['y', tensorOf('INT64', [2], ['9007199254740993', 1])]] as const;
  const question = (isBinary: boolean) => ({ ...read(x({ data: [1, 2] })), id: 'mine', isBinary: () => isBinary });

  it('writes whole numbers in full, also past 2^53', () => {
    const { body, jsonBytes } = writeInferBody({ version: 3, outputs }, question(false));
    expect(jsonBytes).toBeUndefined();
    expect(body.toString()).toBe(
      '{"model_name":"m","model_version":"3","id":"mine",' +
        '"outputs":[{"name":"y","datatype":"INT64","shape":[2],"data":[9007199254740993,1]}]}',
    );
  });

  it('puts bytes behind the JSON, and says how many', () => {
    const { jsonBytes, ...written } = writeInferBody({ version: 3, outputs }, question(true));
    const body = written.body as Buffer;
    expect(JSON.parse(body.toString('utf8', 0, jsonBytes))).toMatchObject({
      outputs: [{ parameters: { binary_data_size: 16 } }],
    });
    expect(body.readBigInt64LE(jsonBytes as number)).toBe(9007199254740993n);
  });
});

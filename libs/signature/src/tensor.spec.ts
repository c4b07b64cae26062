import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  checkTensor,
  datatypes,
  decodeRaw,
  decodeTyped,
  encodeRaw,
  encodeTyped,
  hasTypedForm,
  rowOf,
  tensorOf,
} from './index.js';
import type { Datatype, Tensor } from './index.js';

/** Any tensor of rank two, of any datatype, with values the datatype can hold. */
const anyTensor: fc.Arbitrary<Tensor> = fc
  .tuple(fc.constantFrom(...datatypes), fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 4 }))
  .chain(([datatype, rows, columns]) =>
    fc
      .array(anyValue(datatype), { minLength: rows * columns, maxLength: rows * columns })
      .map((values) => tensorOf(datatype, [rows, columns], values)),
  );

function anyValue(datatype: Datatype): fc.Arbitrary<unknown> {
  switch (datatype) {
    case 'BYTES':
      return fc.string({ unit: 'grapheme' });
    case 'BOOL':
      return fc.boolean();
    case 'FP16':
    case 'FP32':
      return fc.float();
    case 'FP64':
      return fc.double();
    default: {
      const bits = BigInt(datatype.replace(/\D/g, ''));
      return datatype.startsWith('U')
        ? fc.bigInt({ min: 0n, max: 2n ** bits - 1n })
        : fc.bigInt({ min: -(2n ** (bits - 1n)), max: 2n ** (bits - 1n) - 1n });
    }
  }
}

describe('the wire forms', () => {
  it('raw bytes give back the tensor they were made of', () =>
    fc.assert(
      fc.property(anyTensor, (tensor) => {
        expect(decodeRaw(tensor.datatype, tensor.shape, encodeRaw(tensor))).toEqual(tensor);
      }),
    ));

  it('raw bytes are read wherever they lie in a message', () =>
    fc.assert(
      fc.property(anyTensor, fc.integer({ min: 1, max: 9 }), (tensor, offset) => {
        const raw = encodeRaw(tensor);
        const message = new Uint8Array(raw.byteLength + offset);
        message.set(raw, offset);
        expect(decodeRaw(tensor.datatype, tensor.shape, message.subarray(offset))).toEqual(tensor);
      }),
    ));

  it('typed contents give back the tensor they were made of', () =>
    fc.assert(
      fc.property(anyTensor, (tensor) => {
        fc.pre(hasTypedForm(tensor.datatype));
        expect(decodeTyped(tensor.datatype, tensor.shape, encodeTyped(tensor))).toEqual(tensor);
      }),
    ));

  it('has no typed form for halves, and says so', () => {
    const contents = encodeTyped(tensorOf('FP32', [1], [1]));
    expect(() => decodeTyped('FP16', [1], contents, 'age')).toThrow(/age is FP16, .*: send it raw/);
  });

  it('says where values belong that are in the field of another type', () => {
    const contents = encodeTyped(tensorOf('INT64', [1], [1]));
    const says = /^age is FP32: its values belong in fp32_contents, not in int64_contents$/;
    expect(() => decodeTyped('FP32', [1], contents, 'age')).toThrow(says);
  });

  it('writes an element of BYTES as a little-endian length and UTF-8', () => {
    const raw = encodeRaw({ datatype: 'BYTES', shape: [2], data: ['é', ''] });
    expect([...raw]).toEqual([2, 0, 0, 0, 0xc3, 0xa9, 0, 0, 0, 0]);
  });

  it('reads a piece of a Buffer, as gRPC hands it over', () => {
    const message = Buffer.from([9, 9, 9, 1, 0, 0, 0]);
    expect(decodeRaw('INT32', [1], message.subarray(3)).data).toEqual(Int32Array.of(1));
  });

  it.each([
    { fault: 'three bytes of a float', datatype: 'FP32', bytes: [0, 0, 0] },
    { fault: 'two floats for one', datatype: 'FP32', bytes: [0, 0, 0, 0, 0, 0, 0, 0] },
    { fault: 'half a length', datatype: 'BYTES', bytes: [1, 0] },
    { fault: 'a length beyond the end', datatype: 'BYTES', bytes: [2, 0, 0, 0, 65] },
    { fault: 'text that is not UTF-8', datatype: 'BYTES', bytes: [1, 0, 0, 0, 0xff] },
    { fault: 'one text too many', datatype: 'BYTES', bytes: [0, 0, 0, 0, 0, 0, 0, 0] },
  ] as const)('refuses $fault', ({ datatype, bytes }) => {
    expect(() => decodeRaw(datatype, [1], Uint8Array.from(bytes), 'age')).toThrow(
      expect.objectContaining({ code: 'SIGNATURE_MISMATCH', field: 'age' }),
    );
  });
});

describe('tensorOf()', () => {
  it.each([
    { datatype: 'INT8', value: 128, fits: false },
    { datatype: 'INT8', value: -128, fits: true },
    { datatype: 'UINT8', value: -1, fits: false },
    { datatype: 'INT64', value: '9223372036854775807', fits: true },
    { datatype: 'INT64', value: '9223372036854775808', fits: false },
    { datatype: 'INT64', value: 1.5, fits: false },
    { datatype: 'INT64', value: '1e3', fits: false },
    { datatype: 'FP32', value: 'seven', fits: false },
    { datatype: 'FP32', value: null, fits: true },
    { datatype: 'BOOL', value: 1, fits: false },
    { datatype: 'BYTES', value: 7, fits: false },
  ] as const)('$value as $datatype fits: $fits', ({ datatype, value, fits }) => {
    const make = () => tensorOf(datatype, [1], [value], 'inputs.age');
    if (fits) expect(make().data).toHaveLength(1);
    else expect(make).toThrow(expect.objectContaining({ code: 'SIGNATURE_MISMATCH', field: 'inputs.age[0]' }));
  });

  it.each([
    { value: [['nested']], shown: 'a list' },
    { value: { deep: {} }, shown: 'an object' },
    { value: 'x'.repeat(1_000), shown: `"${'x'.repeat(64)}…"` },
  ])('quotes no more than $shown of what it refuses', ({ value, shown }) => {
    expect(() => tensorOf('FP32', [1], [value])).toThrow(new RegExp(`^${shown} is not FP32$`));
  });

  it('refuses a count that does not fill the shape', () => {
    expect(() => tensorOf('FP32', [2, 2], [1, 2, 3], 'x')).toThrow(/3 values do not fill the shape \[2, 2\]/);
  });
});

describe('checkTensor()', () => {
  const spec = { name: 'age', datatype: 'FP32' as const, shape: [-1, 1] };
  it.each([
    { shape: [7, 1], datatype: 'FP32', fits: true },
    { shape: [0, 1], datatype: 'FP32', fits: true },
    { shape: [7, 2], datatype: 'FP32', fits: false },
    { shape: [7], datatype: 'FP32', fits: false },
    { shape: [7, 1], datatype: 'FP64', fits: false },
  ] as const)('$datatype $shape fits [-1, 1]: $fits', ({ shape, datatype, fits }) => {
    const check = () => checkTensor(spec, { datatype, shape, data: [] });
    if (fits) expect(check).not.toThrow();
    else expect(check).toThrow(expect.objectContaining({ code: 'SIGNATURE_MISMATCH', field: 'age' }));
  });
});

describe('rowOf()', () => {
  it('cuts one row out of the batch, whole numbers as numbers', () => {
    const tensor = tensorOf('INT64', [2, 3], [1, 2, 3, 4, 5, 6]);
    expect([rowOf(tensor, 0), rowOf(tensor, 1)]).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
  });

  it('reads halves as the numbers they are', () => {
    expect(rowOf(tensorOf('FP16', [1, 2], [0.5, -2]), 0)).toEqual([0.5, -2]);
  });
});

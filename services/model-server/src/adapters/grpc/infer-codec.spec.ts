import { describe, expect, it } from '@jest/globals';
import { create, createRegistry, equals, fromBinary, toBinary, type MessageInitShape } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { ModelInferRequestSchema, ModelInferResponseSchema } from '@vinaigrette/contracts/inference';
import { decodeInferRequest, encodeInferResponse } from './infer-codec.js';

type Request = MessageInitShape<typeof ModelInferRequestSchema>;
type Response = MessageInitShape<typeof ModelInferResponseSchema>;

const rarely = <T>(often: T, seldom: T) =>
  fc.oneof({ weight: 9, arbitrary: fc.constant(often) }, { weight: 1, arbitrary: fc.constant(seldom) });
const text = fc.oneof(fc.constant(''), fc.string(), fc.string({ unit: 'binary' }));
const plainShape = fc.array(fc.bigInt({ min: 0n, max: 100_000n }));
const shape = fc.oneof(plainShape, fc.array(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })));
const raw = fc.array(fc.uint8Array({ maxLength: 200 }));
const parameters = rarely<NonNullable<Request['parameters']>>(
  {},
  { priority: { parameterChoice: { case: 'int64Param', value: 1n } } },
);
const contents = rarely<{ fp32Contents: number[] } | undefined>(undefined, { fp32Contents: [1.5] });

const anyRequest: fc.Arbitrary<Request> = fc.record({
  modelName: text,
  modelVersion: text,
  id: text,
  parameters,
  inputs: fc.array(fc.record({ name: text, datatype: text, shape, parameters, contents })),
  outputs: fc.array(fc.record({ name: text, parameters })),
  rawInputContents: raw,
});
const anyResponse: fc.Arbitrary<Response> = fc.record({
  modelName: text,
  modelVersion: text,
  id: text,
  parameters,
  outputs: fc.array(fc.record({ name: text, datatype: text, shape: plainShape, parameters, contents })),
  rawOutputContents: raw,
});

/** What either codec makes of the bytes: a message, or a refusal. */
const outcome = <T>(decode: () => T): T | string => {
  try {
    return decode();
  } catch (error) {
    return String(error);
  }
};
const sameAsGenerated = (bytes: Uint8Array) => {
  const ours = outcome(() => decodeInferRequest(bytes));
  const generated = outcome(() => fromBinary(ModelInferRequestSchema, bytes));
  if (typeof ours === 'string' || typeof generated === 'string') return expect(ours).toEqual(generated);
  expect(
    equals(ModelInferRequestSchema, ours, generated, {
      unknown: true,
      registry: createRegistry(ModelInferRequestSchema),
    }),
  ).toBe(true);
  expect(toBinary(ModelInferRequestSchema, ours)).toEqual(toBinary(ModelInferRequestSchema, generated));
};

describe('decodeInferRequest()', () => {
  const bytesOf = (init: Request) => toBinary(ModelInferRequestSchema, create(ModelInferRequestSchema, init));

  it('reads what the generated code reads', () =>
    fc.assert(
      fc.property(anyRequest, (init) => sameAsGenerated(bytesOf(init))),
      { numRuns: 200 },
    ));

  it('reads damaged messages as the generated code does, or refuses them with it', () =>
    fc.assert(
      fc.property(
        anyRequest,
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        fc.nat(),
        (init, damages, cut) => {
          const bytes = bytesOf(init);
          for (const [at, byte] of damages) if (bytes.length > 0) bytes[at % bytes.length] = byte;
          sameAsGenerated(bytes.subarray(0, cut % 3 === 0 ? cut % (bytes.length + 1) : bytes.length));
        },
      ),
      { numRuns: 1_000 },
    ));

  it.each([
    { form: 'a shape that is not packed', bytes: [0x2a, 0x04, 0x18, 0x01, 0x18, 0x02] },
    { form: 'a field twice', bytes: [0x0a, 0x01, 0x61, 0x0a, 0x01, 0x62] },
    { form: 'an unknown field', bytes: [0x7a, 0x01, 0x61] },
    { form: 'a length beyond its message', bytes: [0x2a, 0x02, 0x0a, 0x05, 0x61, 0x61, 0x61, 0x61, 0x61] },
    { form: 'a varint longer than it need be', bytes: [0x0a, 0x81, 0x00, 0x61] },
    { form: 'a group', bytes: [0x0b, 0x0c] },
  ])('reads $form as the generated code does', ({ bytes }) => sameAsGenerated(Uint8Array.from(bytes)));
});

describe('encodeInferResponse()', () => {
  it('writes the bytes the generated code writes', () =>
    fc.assert(
      fc.property(anyResponse, (init) => {
        const response = create(ModelInferResponseSchema, init);
        expect(Buffer.from(encodeInferResponse(response))).toEqual(
          Buffer.from(toBinary(ModelInferResponseSchema, response)),
        );
      }),
      { numRuns: 200 },
    ));
});

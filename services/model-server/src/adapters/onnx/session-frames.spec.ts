import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { datatypes, tensorOf, type Datatype } from '@vinaigrette/signature';
import { encodeFrame, FrameReader } from './session-frames.js';
import type { FromSession, ToSession } from './session-messages.js';

type Message = ToSession | FromSession;
const valueOf = (datatype: Datatype): fc.Arbitrary<unknown> =>
  datatype === 'BYTES' ? fc.string({ unit: 'grapheme' }) : datatype === 'BOOL' ? fc.boolean() : fc.nat(100);
const anyTensor = fc
  .tuple(fc.constantFrom(...datatypes), fc.array(fc.nat(3), { maxLength: 4 }))
  .chain(([datatype, shape]) => {
    const length = shape.reduce((product, size) => product * size, 1);
    return fc
      .array(valueOf(datatype), { minLength: length, maxLength: length })
      .map((values) => tensorOf(datatype, shape, values));
  });
const anyTensors = fc.dictionary(
  fc.string({ minLength: 1, unit: 'grapheme' }).map((name) => `n${name}`),
  anyTensor,
);
const anyMessage: fc.Arbitrary<Message> = fc.oneof(
  fc.record({ kind: fc.constant('run' as const), inputs: anyTensors }),
  fc.record({ kind: fc.constant('answer' as const), outputs: anyTensors, memoryMb: fc.nat(10_000) }),
  fc.record({ kind: fc.constant('failure' as const), message: fc.string({ unit: 'grapheme' }) }),
  fc.constant({ kind: 'release' as const }),
);

describe('frames', () => {
  it('come out as they went in, however the stream is cut', () =>
    fc.assert(
      fc.property(
        fc.array(anyMessage, { maxLength: 5 }),
        fc.infiniteStream(fc.integer({ min: 1, max: 60 })),
        (sent, cuts) => {
          const stream = Buffer.concat(sent.map(encodeFrame));
          const reader = new FrameReader<Message>();
          const came: Message[] = [];
          for (let at = 0; at < stream.length;) {
            const size = cuts.next().value as number;
            came.push(...reader.read(stream.subarray(at, at + size)));
            at += size;
          }
          expect(came).toEqual(sent);
        },
      ),
    ));
});

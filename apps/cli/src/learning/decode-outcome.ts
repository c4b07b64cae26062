import { BinaryReader } from '@bufbuild/protobuf/wire';
import type { Outcome } from '@vinaigrette/learning';

/** The fields of an Outcome that are learnt from, read in place: this is done for every record. Throws when it is none. */
export function decodeOutcome(body: Uint8Array): Outcome {
  const reader = new BinaryReader(body, textOf);
  const skus: string[] = [];
  const outcome: Outcome = { predictionId: '', atMs: 0, kind: '', skus, number: undefined };
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === 2) outcome.predictionId = reader.string();
    else if (field === 3) outcome.atMs = Number(reader.int64());
    else if (field === 4) outcome.kind = reader.string();
    else if (field === 5) skus.push(reader.string());
    else if (field === 6) outcome.number = reader.double();
    else reader.skip(wireType, field);
  }
  return outcome;
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Ids, kinds and SKUs are ASCII but for the rare one, and the decoder of all of UTF-8 takes five times as long. */
function textOf(bytes: Uint8Array): string {
  for (let at = 0; at < bytes.length; at++) if ((bytes[at] as number) > 127) return utf8.decode(bytes);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}

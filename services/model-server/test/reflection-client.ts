import { fromBinary } from '@bufbuild/protobuf';
import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { FileDescriptorProtoSchema, type FileDescriptorProto } from '@bufbuild/protobuf/wkt';
import type { Client } from '@grpc/grpc-js';

const METHOD = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo';
// Field numbers of grpc/reflection/v1/reflection.proto.
const REQUEST = { fileContainingSymbol: 4, listServices: 7 };
const RESPONSE = { fileDescriptors: 4, services: 6 };

/** The names of the services a server says it has. */
export async function reflectedServices(client: Client): Promise<string[]> {
  const list = fieldOf(await ask(client, REQUEST.listServices, '*'), RESPONSE.services);
  return fieldsOf(list).map(({ bytes }) => Buffer.from(fieldOf(bytes, 1)).toString());
}

/** The file that declares the symbol. */
export async function describedFile(client: Client, symbol: string): Promise<FileDescriptorProto> {
  const files = fieldOf(await ask(client, REQUEST.fileContainingSymbol, symbol), RESPONSE.fileDescriptors);
  return fromBinary(FileDescriptorProtoSchema, fieldOf(files, 1));
}

function ask(client: Client, field: number, text: string): Promise<Uint8Array> {
  const request = new BinaryWriter().tag(field, WireType.LengthDelimited).string(text).finish();
  return new Promise((answer, fail) => {
    const call = client.makeBidiStreamRequest<Buffer, Buffer>(
      METHOD,
      (message) => message,
      (message) => message,
    );
    call.once('data', answer);
    call.once('error', fail);
    call.end(Buffer.from(request));
  });
}

function fieldsOf(message: Uint8Array): { number: number; bytes: Uint8Array }[] {
  const reader = new BinaryReader(message);
  const fields: { number: number; bytes: Uint8Array }[] = [];
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag();
    if (type === WireType.LengthDelimited) fields.push({ number, bytes: reader.bytes() });
    else reader.skip(type, number);
  }
  return fields;
}

function fieldOf(message: Uint8Array, number: number): Uint8Array {
  const found = fieldsOf(message).find((field) => field.number === number);
  if (!found) throw new Error(`The answer has no field ${number}`);
  return found.bytes;
}

import { fromBinary, toBinary, type DescFile } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import type { Server } from '@grpc/grpc-js';
import { ReflectionService } from '@grpc/reflection';

/** Lets clients without .proto files ask for them (grpcurl, Postman): `files`, and others as protobufjs gives them. */
export function addReflection(server: Server, files: readonly DescFile[], others: readonly Buffer[]): void {
  const descriptors = files.map((file) => Buffer.from(toBinary(FileDescriptorProtoSchema, file.proto)));
  const described = { files: { fileDescriptorProtos: [...descriptors, ...others.map(withProperMaps)] } };
  new ReflectionService(described as unknown as ConstructorParameters<typeof ReflectionService>[0]).addToServer(server);
}

/** protobufjs leaves "Entry" out of the name of a map's entries, and clients in Go refuse the whole file for that. */
function withProperMaps(descriptor: Buffer): Buffer {
  const file = fromBinary(FileDescriptorProtoSchema, descriptor);
  for (const { field, nestedType } of file.messageType) {
    for (const entry of nestedType.filter(({ name, options }) => options?.mapEntry && !name.endsWith('Entry'))) {
      const map = field.find(({ typeName }) => typeName === entry.name);
      entry.name += 'Entry';
      if (map) map.typeName = entry.name;
    }
  }
  return Buffer.from(toBinary(FileDescriptorProtoSchema, file));
}

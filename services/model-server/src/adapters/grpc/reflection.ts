import { toBinary, type DescFile } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import type { Server } from '@grpc/grpc-js';
import { ReflectionService } from '@grpc/reflection';

/** Lets clients without .proto files ask for them (grpcurl, Postman): `files`, and others already in bytes. */
export function addReflection(server: Server, files: readonly DescFile[], others: readonly Buffer[]): void {
  const descriptors = files.map((file) => Buffer.from(toBinary(FileDescriptorProtoSchema, file.proto)));
  const described = { files: { fileDescriptorProtos: [...descriptors, ...others] } };
  new ReflectionService(described as unknown as ConstructorParameters<typeof ReflectionService>[0]).addToServer(server);
}

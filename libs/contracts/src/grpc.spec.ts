import { create, toBinary } from '@bufbuild/protobuf';
import { describe, expect, it } from '@jest/globals';
import { grpcServiceDefinition } from './grpc.js';
import { GRPCInferenceService, ModelReadyRequestSchema, ServerLiveRequestSchema } from './inference.js';
import { RegistryService } from './registry.js';

describe('grpcServiceDefinition()', () => {
  it.each([
    {
      service: GRPCInferenceService,
      method: 'ModelInfer',
      path: '/inference.GRPCInferenceService/ModelInfer',
      streams: [false, false],
    },
    {
      service: RegistryService,
      method: 'Watch',
      path: '/vinaigrette.registry.v1.RegistryService/Watch',
      streams: [false, true],
    },
    {
      service: RegistryService,
      method: 'UploadArtifact',
      path: '/vinaigrette.registry.v1.RegistryService/UploadArtifact',
      streams: [true, false],
    },
  ])('calls $method by its path, streaming as the contract says', ({ service, method, path, streams }) => {
    const definition = grpcServiceDefinition(service)[method];
    expect(definition?.path).toBe(path);
    expect([definition?.requestStream, definition?.responseStream]).toEqual(streams);
  });

  it('writes the bytes of protobuf and reads them back', () => {
    const { requestSerialize, requestDeserialize } = grpcServiceDefinition(GRPCInferenceService)['ModelReady']!;
    const request = create(ModelReadyRequestSchema, { name: 'basket', version: 'champion' });
    const bytes = requestSerialize(request);
    expect(bytes).toEqual(Buffer.from(toBinary(ModelReadyRequestSchema, request)));
    expect(requestDeserialize(bytes)).toEqual(request);
  });

  it('writes an empty message as no bytes', () => {
    const { requestSerialize } = grpcServiceDefinition(GRPCInferenceService)['ServerLive']!;
    expect(requestSerialize(create(ServerLiveRequestSchema))).toHaveLength(0);
  });
});

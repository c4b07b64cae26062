export * from './gen/vinaigrette/registry/v1/registry_pb.js';

export * from './gen/inference/inference_pb.js';

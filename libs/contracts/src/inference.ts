export * from './gen/inference/inference_pb.js';
export * from './gen/inference/model_config_pb.js';

export { TensorProto_DataType as DataType } from '@vinaigrette/contracts/onnx';
export { OnnxGraph } from './onnx-graph.js';

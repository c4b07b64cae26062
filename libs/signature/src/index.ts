export { compareSignatures, type SignatureChange, type SignatureComparison } from './compare-signatures.js';
export { readGraph, readSignature, type ServedGraph } from './read-graph.js';
export { halfBitsOf, numberOfHalf } from './half.js';
export {
  datatypes,
  parseSignature,
  signatureSchema,
  type Datatype,
  type LoggedTensor,
  type Signature,
  type TensorSpec,
} from './signature.js';
export { checkTensor, elementCount, rowOf, tensorOf, type Tensor, type TensorData } from './tensor.js';
export { decodeRaw, encodeRaw } from './raw.js';
export { decodeTyped, encodeTyped, hasTypedForm } from './typed.js';
export {
  loggedSchema,
  packRow,
  schemaIdOf,
  unpackRow,
  type LoggedColumn,
  type LoggedRow,
  type PackedRow,
} from './logged.js';
export { differenceFromGolden, parseGolden, type Golden, type GoldenExample } from './golden.js';

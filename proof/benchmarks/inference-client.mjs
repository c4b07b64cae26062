/** The plainest client of ModelInfer: one gRPC call a question, nothing joined. What our own is measured beside. */
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { Client, credentials } from '@grpc/grpc-js';
import { ModelInferRequestSchema, ModelInferResponseSchema } from '@vinaigrette/contracts/inference';
import { decodeRaw, encodeRaw } from '@vinaigrette/signature';

const METHOD = '/inference.GRPCInferenceService/ModelInfer';

/** Answers a function from a basket's items to the SKUs its champion recommends. `address`: host:port. */
export function inferenceClient(address) {
  const client = new Client(address, credentials.createInsecure());
  const serialize = (message) => Buffer.from(toBinary(ModelInferRequestSchema, message));
  const deserialize = (bytes) => fromBinary(ModelInferResponseSchema, bytes);
  return (items) =>
    new Promise((resolve, reject) => {
      const shape = [1, items.length];
      const request = create(ModelInferRequestSchema, {
        modelName: 'basket',
        modelVersion: 'champion',
        inputs: [{ name: 'items', datatype: 'BYTES', shape: shape.map(BigInt) }],
        rawInputContents: [encodeRaw({ datatype: 'BYTES', shape, data: items })],
      });
      client.makeUnaryRequest(METHOD, serialize, deserialize, request, (error, response) => {
        if (error) return reject(error);
        const at = response.outputs.findIndex(({ name }) => name === 'skus');
        const sizes = response.outputs[at].shape.map(Number);
        resolve(decodeRaw('BYTES', sizes, response.rawOutputContents[at]).data);
      });
    });
}

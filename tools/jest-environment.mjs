import { TestEnvironment } from 'jest-environment-node';

/**
 * Jest runs specs in a realm of their own, where `new Float32Array()` is not the native add-on's `Float32Array` and
 * onnxruntime-node refuses it. The specs get the outer realm's typed arrays.
 */
export default class OneRealm extends TestEnvironment {
  async setup() {
    await super.setup();
    Object.assign(this.global, {
      ArrayBuffer,
      Float32Array,
      Float64Array,
      Int8Array,
      Uint8Array,
      Uint8ClampedArray,
      Int16Array,
      Uint16Array,
      Int32Array,
      Uint32Array,
      BigInt64Array,
      BigUint64Array,
    });
  }
}

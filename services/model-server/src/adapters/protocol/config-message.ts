import { create, type MessageInitShape } from '@bufbuild/protobuf';
import {
  DataType,
  ModelConfigSchema,
  ModelInstanceGroup_Kind,
  ModelQueuePolicy_TimeoutAction,
  type ModelConfig,
  type ModelQueuePolicySchema,
} from '@vinaigrette/contracts/inference';
import type { Datatype, TensorSpec } from '@vinaigrette/signature';
import type { QueuePolicy } from '../../domain/model-settings.js';
import type { ServedVersion } from '../../served-version.js';

/** What models are to Triton's clients; the protocol's own words for it in metadata. */
export const PLATFORM = 'onnxruntime_onnx';
const BACKEND = 'onnxruntime';

const dataTypes: Record<Datatype, DataType> = {
  BOOL: DataType.TYPE_BOOL,
  UINT8: DataType.TYPE_UINT8,
  UINT16: DataType.TYPE_UINT16,
  UINT32: DataType.TYPE_UINT32,
  UINT64: DataType.TYPE_UINT64,
  INT8: DataType.TYPE_INT8,
  INT16: DataType.TYPE_INT16,
  INT32: DataType.TYPE_INT32,
  INT64: DataType.TYPE_INT64,
  FP16: DataType.TYPE_FP16,
  FP32: DataType.TYPE_FP32,
  FP64: DataType.TYPE_FP64,
  BYTES: DataType.TYPE_STRING,
};

/** How a version is served, in Triton's words. */
export function modelConfigOf({ version, signature, settings, joins }: ServedVersion): ModelConfig {
  // Triton's dims hold no batch dimension where requests are joined, and all dimensions where they are not.
  const tensorOf = ({ name, datatype, shape }: TensorSpec) => ({
    name,
    dataType: dataTypes[datatype],
    dims: (joins ? shape.slice(1) : shape).map(BigInt),
  });
  return create(ModelConfigSchema, {
    name: version.model,
    platform: PLATFORM,
    backend: BACKEND,
    defaultModelFilename: 'model.onnx',
    versionPolicy: { policyChoice: { case: 'all', value: {} } },
    maxBatchSize: joins ? settings.batchRowsMax : 0,
    input: signature.inputs.map(tensorOf),
    output: signature.outputs.map(tensorOf),
    instanceGroup: [{ name: version.model, count: settings.instances, kind: ModelInstanceGroup_Kind.CPU }],
    ...(joins ? { dynamicBatching: batchingOf(settings) } : {}),
    parameters: Object.fromEntries(
      signature.outputs.flatMap(({ name, labels }) =>
        labels ? [[`labels:${name}`, { stringValue: JSON.stringify(labels) }]] : [],
      ),
    ),
  });
}

function batchingOf(settings: ServedVersion['settings']) {
  const levels = settings.priorities > 1 ? settings.priorities : 0; // Triton's word for one level is none
  return {
    preferredBatchSize: [...settings.batchRowsPreferred],
    maxQueueDelayMicroseconds: microsecondsOf(settings.batchDelayMs),
    priorityLevels: BigInt(levels),
    defaultPriorityLevel: levels > 0 ? BigInt(settings.priorityDefault) : 0n,
    ...(levels > 0
      ? {
          priorityQueuePolicy: Object.fromEntries(
            settings.queuePolicies.map((policy, index) => [String(index + 1), policyOf(policy)]),
          ),
        }
      : { defaultQueuePolicy: policyOf(settings.queuePolicies[0] as QueuePolicy) }),
  };
}

const policyOf = (policy: QueuePolicy): MessageInitShape<typeof ModelQueuePolicySchema> => ({
  timeoutAction:
    policy.whenLate === 'delay' ? ModelQueuePolicy_TimeoutAction.DELAY : ModelQueuePolicy_TimeoutAction.REJECT,
  defaultTimeoutMicroseconds: microsecondsOf(policy.timeoutMs),
  allowTimeoutOverride: policy.timeoutOverride,
  maxQueueSize: policy.queueRequestsMax,
});

const microsecondsOf = (ms: number): bigint => BigInt(Math.round(ms * 1_000));

import type { Signature, TensorSpec } from './signature.js';

/** What becomes of a caller of the old signature. Additive: nothing, and there is something new to be had. */
export type SignatureChange = 'compatible' | 'additive' | 'breaking';

export interface SignatureComparison {
  change: SignatureChange;
  /** A sentence for each difference, the breaking ones first; empty: both are the same to callers. */
  differences: string[];
}

/** A difference as a caller of the old signature meets it. */
interface Difference {
  change: SignatureChange;
  why: string;
}

const WEIGHT: Record<SignatureChange, number> = { compatible: 0, additive: 1, breaking: 2 };

/**
 * Whether whoever calls a model with the signature `before` may call one with `after` unchanged. Inputs may take more
 * than they did and outputs may promise more; what is logged is the monitor's business and no caller's.
 */
export function compareSignatures(before: Signature, after: Signature): SignatureComparison {
  const differences = [
    ...compareTensors('input', before.inputs, after.inputs),
    ...compareTensors('output', before.outputs, after.outputs),
  ].sort((one, other) => WEIGHT[other.change] - WEIGHT[one.change]);
  return { change: differences[0]?.change ?? 'compatible', differences: differences.map(({ why }) => why) };
}

type Role = 'input' | 'output';

function compareTensors(role: Role, before: readonly TensorSpec[], after: readonly TensorSpec[]): Difference[] {
  const later = new Map(after.map((tensor) => [tensor.name, tensor]));
  const gone = before.flatMap(({ name }) =>
    later.has(name) ? [] : [{ change: 'breaking' as const, why: `${role} ${name} is gone` }],
  );
  const earlier = new Map(before.map((tensor) => [tensor.name, tensor]));
  return [
    ...gone,
    ...after.flatMap((tensor) => {
      const old = earlier.get(tensor.name);
      return old ? compareTensor(role, old, tensor) : [arrival(role, tensor)];
    }),
  ];
}

/** Nobody sends an input that was not there; nobody reads such an output. */
function arrival(role: Role, { name }: TensorSpec): Difference {
  return role === 'input'
    ? { change: 'breaking', why: `input ${name} is new, and no caller sends it` }
    : { change: 'additive', why: `output ${name} is new` };
}

function compareTensor(role: Role, before: TensorSpec, after: TensorSpec): Difference[] {
  const tensor = `${role} ${before.name}`;
  if (before.datatype !== after.datatype) {
    return [{ change: 'breaking', why: `${tensor} is ${after.datatype}, and was ${before.datatype}` }];
  }
  const found = compareShapes(role, before, after);
  const shapes = found && { change: found, why: `${tensor} has the shape ${textOf(after)}, and had ${textOf(before)}` };
  const labels =
    String(before.labels ?? []) === String(after.labels ?? [])
      ? undefined
      : { change: 'breaking' as const, why: `${tensor} has other labels, or in another order` };
  return [shapes, labels].filter((difference) => difference !== undefined);
}

/** An input may become wider, an output narrower; undefined: nothing differs. */
function compareShapes(role: Role, before: TensorSpec, after: TensorSpec): SignatureChange | undefined {
  if (textOf(before) === textOf(after)) return undefined;
  const [narrow, wide] = role === 'input' ? [before, after] : [after, before];
  return isWithin(narrow, wide) ? 'compatible' : 'breaking';
}

/** Whether every tensor of the one shape has the other as well. */
function isWithin(narrow: TensorSpec, wide: TensorSpec): boolean {
  if (wide.anyRank) return true;
  if (narrow.anyRank || narrow.shape.length !== wide.shape.length) return false;
  return narrow.shape.every((size, axis) => wide.shape[axis] === -1 || wide.shape[axis] === size);
}

const textOf = ({ shape, anyRank }: TensorSpec): string => (anyRank ? 'of any rank' : `[${shape.join(', ')}]`);

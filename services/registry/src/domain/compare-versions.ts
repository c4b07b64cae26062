import { create } from '@bufbuild/protobuf';
import {
  SignatureChange,
  VersionComparisonSchema,
  type ModelVersion,
  type VersionComparison,
} from '@vinaigrette/contracts/registry';
import { compareSignatures, parseSignature, type SignatureChange as Change } from '@vinaigrette/signature';

const changes: Record<Change, SignatureChange> = {
  compatible: SignatureChange.COMPATIBLE,
  additive: SignatureChange.ADDITIVE,
  breaking: SignatureChange.BREAKING,
};

/** What becomes of the callers of `from` when `to` answers them. */
export function compareVersions(from: ModelVersion, to: ModelVersion): VersionComparison {
  const signatureOf = ({ signatureJson }: ModelVersion) => parseSignature(JSON.parse(signatureJson));
  const { change, differences } = compareSignatures(signatureOf(from), signatureOf(to));
  return create(VersionComparisonSchema, {
    from: from.version,
    to: to.version,
    change: changes[change],
    differences,
  });
}

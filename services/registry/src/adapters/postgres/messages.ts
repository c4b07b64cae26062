import { create } from '@bufbuild/protobuf';
import {
  AliasChangeSchema,
  DocumentSchema,
  ModelVersionSchema,
  type AliasChange,
  type Document,
  type ModelVersion,
} from '@vinaigrette/contracts/registry';
import type { AliasChangeRow, DocumentRow, ModelVersionRow } from './entities.js';

/** Rows as the messages that everything else speaks. */
export function modelVersionOf(row: ModelVersionRow): ModelVersion {
  return create(ModelVersionSchema, {
    model: row.model,
    version: row.version,
    files: row.files.map(({ path, sha256, sizeBytes }) => ({ path, sha256, sizeBytes: BigInt(sizeBytes) })),
    signatureJson: row.signatureJson,
    schemaId: new Uint8Array(row.schemaId),
    createdAtMs: BigInt(row.createdAt.getTime()),
    createdBy: row.createdBy,
    description: row.description,
    hasBaseline: row.hasBaseline,
  });
}

export function documentOf(row: DocumentRow): Document {
  return create(DocumentSchema, {
    kind: row.kind,
    name: row.name,
    version: row.version,
    bodyJson: row.bodyJson,
    sha256: row.sha256,
    createdAtMs: BigInt(row.createdAt.getTime()),
    createdBy: row.createdBy,
  });
}

export function aliasChangeOf(row: AliasChangeRow): AliasChange {
  return create(AliasChangeSchema, {
    subject: { kind: row.kind, name: row.name },
    alias: row.alias,
    from: row.from,
    to: row.to,
    actor: row.actor,
    reason: row.reason,
    changedAtMs: BigInt(row.changedAt.getTime()),
    rolledBack: row.rolledBack,
    forced: row.forced,
  });
}

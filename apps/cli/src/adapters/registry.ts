import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { Code, ConnectError, createClient, type Client } from '@connectrpc/connect';
import type { MessageInitShape } from '@bufbuild/protobuf';
import {
  RegistryService,
  type AliasChange,
  type Document,
  type FindVersionsRequestSchema,
  type Model,
  type ModelVersion,
  type RegisterVersionResponse,
  type PutDocumentResponse,
  type Rollout,
  type RolloutKind,
  type RolloutMove,
  type SetAliasResponse,
  type VersionComparison,
} from '@vinaigrette/contracts/registry';
import type { ClientTls } from '@vinaigrette/edge';
import { grpcTransport } from '@vinaigrette/edge/connect';
import { parseLineage, type Lineage } from '@vinaigrette/lineage';
import { Problem } from '@vinaigrette/problems';
import { belongsToVersion } from '../domain/version-files.js';

/** Registering answers golden examples in a process of its own, so it may take minutes. */
const REGISTER_TIMEOUT_MS = 180_000;
const CALL_TIMEOUT_MS = 30_000;
const CHUNK_BYTES = 512 * 1024;

export interface AliasWish {
  /** `model`, or a document's kind. */
  kind: string;
  name: string;
  alias: string;
  /** 0 takes the alias away. */
  version: number;
  /** Who must hold it; absent: whoever does. */
  expected?: number;
  /** Also against the promotion policy. */
  force?: boolean;
  reason: string;
}

/** A candidate that is to be tried beside the version that holds an alias. */
export interface RolloutWish {
  subject: { kind: string; name: string };
  alias: string;
  candidate: number;
  kind: RolloutKind;
  variant: string;
  /** Hundredths of a percent; empty: the registry's own steps. */
  stepsBps: number[];
  /** Least time at a step; 0: by hand. */
  stepMs: bigint;
  samplesMin: number;
  /** Also against the promotion policy. */
  force?: boolean;
  reason: string;
}

/** The registry as a person at a terminal needs it. Failures arrive as ConnectError with code and remedy in the text. */
export class Registry {
  private readonly client: Client<typeof RegistryService>;

  constructor(
    readonly address: string,
    private readonly actor: string,
    key: string | undefined,
    tls?: ClientTls,
  ) {
    const transport = grpcTransport(address, { key, tls, defaultTimeoutMs: CALL_TIMEOUT_MS });
    this.client = createClient(RegistryService, transport);
  }

  async models(): Promise<Model[]> {
    return (await this.client.listModels({})).models;
  }

  /** Uploads every file of the folder, then registers them together as the model's next version. */
  async push(folder: string, model: string, description: string): Promise<RegisterVersionResponse> {
    const paths = await filesOf(folder);
    const files = [];
    for (const file of paths) {
      const { sha256 } = await this.client.uploadArtifact(chunksOf(path.join(folder, file)), {
        timeoutMs: REGISTER_TIMEOUT_MS,
      });
      files.push({ path: file, sha256 });
    }
    const request = { model, files, actor: this.actor, description };
    return this.client.registerVersion(request, { timeoutMs: REGISTER_TIMEOUT_MS });
  }

  /** Where a version comes from; `version` is a number or an alias. */
  async lineage(model: string, version: string): Promise<{ version: number; lineage: Lineage }> {
    const told = await this.client.getLineage({ model, version });
    return { version: told.version, lineage: parseLineage(JSON.parse(told.lineageJson)) };
  }

  async compare(model: string, from: string, to: string): Promise<VersionComparison | undefined> {
    return (await this.client.compareVersions({ model, from, to })).comparison;
  }

  /** What came of data, code, a run or a document. */
  async versionsFrom(
    origin: NonNullable<MessageInitShape<typeof FindVersionsRequestSchema>['origin']>,
  ): Promise<ModelVersion[]> {
    return (await this.client.findVersions({ origin })).versions;
  }

  /** `version`: a number or an alias. */
  async version(model: string, version: string): Promise<ModelVersion | undefined> {
    return (await this.client.getModelVersion({ model, version })).modelVersion;
  }

  async setAlias({ kind, name, ...wish }: AliasWish): Promise<SetAliasResponse> {
    return this.client.setAlias({ subject: { kind, name }, ...wish, actor: this.actor });
  }

  /** Gives an alias back to the version that held it before. */
  async rollBack(kind: string, name: string, alias: string, reason: string): Promise<AliasChange | undefined> {
    const request = { subject: { kind, name }, alias, actor: this.actor, reason };
    return (await this.client.rollBackAlias(request)).change;
  }

  /** Newest change first. */
  async aliasChanges(kind: string, name: string): Promise<AliasChange[]> {
    return (await this.client.listAliasChanges({ subject: { kind, name } })).changes;
  }

  async startRollout(wish: RolloutWish): Promise<Rollout | undefined> {
    return (await this.client.startRollout({ ...wish, actor: this.actor })).rollout;
  }

  async moveRollout(id: string, move: RolloutMove, reason: string): Promise<Rollout | undefined> {
    return (await this.client.changeRollout({ id, move, reason, actor: this.actor })).rollout;
  }

  /** Newest first. */
  async rollouts(active: boolean): Promise<Rollout[]> {
    return (await this.client.listRollouts({ active })).rollouts;
  }

  /** What a version did on a validation set. */
  async putEvaluation(evaluation: {
    model: string;
    version: number;
    validationSet: string;
    /** Time of the set's newest row, ms. */
    dataUntilMs: number;
    /** SHA-256 of the set's rows, where they are kept. */
    digest?: string;
    metrics: Record<string, number>;
    segments?: { segment: string; rows: number; metrics: Record<string, number> }[];
  }): Promise<void> {
    const dataUntilMs = BigInt(evaluation.dataUntilMs);
    const segments = (evaluation.segments ?? []).map((one) => ({ ...one, rows: BigInt(one.rows) }));
    await this.client.putEvaluation({ evaluation: { ...evaluation, segments, dataUntilMs, actor: this.actor } });
  }

  async documents(kind = ''): Promise<Document[]> {
    return (await this.client.listDocuments({ kind })).documents;
  }

  async putDocument(kind: string, name: string, body: unknown): Promise<PutDocumentResponse> {
    return this.client.putDocument({ kind, name, bodyJson: JSON.stringify(body), actor: this.actor });
  }

  /** `version`: a number or an alias. */
  async document(kind: string, name: string, version: string): Promise<Document> {
    const { document } = await this.client.getDocument({ kind, name, version });
    if (!document) throw new Problem('DOCUMENT_NOT_FOUND', `There is no ${kind} ${name} ${version}`);
    return document;
  }

  /** The same; undefined: there is none of that name, or nobody holds that alias. */
  async findDocument(kind: string, name: string, version: string): Promise<Document | undefined> {
    try {
      return (await this.client.getDocument({ kind, name, version })).document;
    } catch (error) {
      if (ConnectError.from(error).code === Code.NotFound) return undefined;
      throw error;
    }
  }

  /** The bytes of a file of a version. */
  async artefact(sha256: string): Promise<Uint8Array> {
    const chunks: Uint8Array[] = [];
    for await (const { chunk } of this.client.downloadArtifact({ sha256 })) chunks.push(chunk);
    return Buffer.concat(chunks);
  }
}

/** Relative paths with forward slashes, sorted; refuses a folder that cannot be a version. */
async function filesOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((error: Error) => {
    throw new Problem('FILE_UNREADABLE', `Cannot read the folder ${folder}: ${error.message}`, { cause: error });
  });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'))
    .filter(belongsToVersion)
    .sort();
  if (!files.includes('model.onnx')) {
    throw new Problem('FILE_UNREADABLE', `${folder} holds no model.onnx, so it is not a version of a model`);
  }
  return files;
}

async function* chunksOf(file: string): AsyncGenerator<{ chunk: Uint8Array; sizeBytes?: bigint }> {
  const { size } = await stat(file);
  yield { chunk: new Uint8Array(), sizeBytes: BigInt(size) };
  for await (const chunk of createReadStream(file, { highWaterMark: CHUNK_BYTES })) yield { chunk: chunk as Buffer };
}

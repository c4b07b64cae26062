import { createHash } from 'node:crypto';
import { create } from '@bufbuild/protobuf';
import {
  WantedStateSchema,
  type ModelVersion,
  type VersionFile,
  type WantedState,
} from '@vinaigrette/contracts/registry';
import { idOf, type Version, type WantedModel } from '../../domain/plan-versions.js';

const DEFAULT_ALIAS = 'champion';

/** Files of a version that others read. Every other may be the graph's, which names its weights as it likes. */
const FILES_OF_OTHERS = new Set(['signature.json', 'baseline.json', 'best-sellers.json', 'card.json', 'rules.json']);

/** The files a model server needs, by path. */
export const servedFiles = ({ files }: ModelVersion): VersionFile[] =>
  files.filter(({ path }) => !FILES_OF_OTHERS.has(path)).sort((a, b) => (a.path < b.path ? -1 : 1));

/** The registry's words in ours, and the version messages behind them by id. */
export function wantedModelsOf(state: WantedState): { models: WantedModel[]; versions: Map<string, ModelVersion> } {
  const versions = new Map<string, ModelVersion>();
  const models = state.models.map((model) => ({
    name: model.name,
    aliases: { ...model.aliases },
    defaultAlias: DEFAULT_ALIAS,
    versions: model.versions.map((message) => {
      const version = versionOf(message);
      versions.set(idOf(version), message);
      return version;
    }),
  }));
  return { models, versions };
}

function versionOf(message: ModelVersion): Version {
  const digest = createHash('sha256');
  for (const { path, sha256 } of servedFiles(message)) digest.update(`${path} ${sha256}\n`);
  digest.update(message.signatureJson);
  return { model: message.model, number: message.version, digest: digest.digest('hex').slice(0, 12) };
}

/** The inverse of `wantedModelsOf`; versions whose message is not known are left out, with the aliases to them. */
export function wantedStateOf(
  revision: bigint,
  models: readonly WantedModel[],
  messages: ReadonlyMap<string, ModelVersion>,
): WantedState {
  return create(WantedStateSchema, {
    revision,
    models: models.map(({ name, aliases, versions }) => {
      const known = versions.flatMap((version) => messages.get(idOf(version)) ?? []);
      const numbers = new Set(known.map(({ version }) => version));
      const kept = Object.entries(aliases).filter(([, number]) => numbers.has(number));
      return { name, aliases: Object.fromEntries(kept), versions: known };
    }),
  });
}

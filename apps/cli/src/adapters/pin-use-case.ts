import { create } from '@bufbuild/protobuf';
import { BEST_SELLERS_PATH, configurationOf, type ReadyUseCase } from '@vinaigrette/app-gateway/parts';
import { WantedStateSchema, type Document, type ModelVersion } from '@vinaigrette/contracts/registry';
import { parseDocument } from '@vinaigrette/documents';
import { Problem } from '@vinaigrette/problems';
import { parseBestSellers, parseJson, type BestSeller } from '@vinaigrette/serving';
import type { Registry } from './registry.js';

/** Under this alias a gateway follows documents. */
const DOCUMENT_ALIAS = 'champion';

/** Versions to be taken in the place of those in force, by their numbers. */
export interface Pins {
  useCase?: number | undefined;
  model?: number | undefined;
  ruleSet?: number | undefined;
}

/**
 * A use case as a gateway would have it, with every version settled by its number: whatever moves in the registry
 * afterwards, this one stays as it is. Throws what the registry says of a version that is not there, and
 * DOCUMENT_INVALID where versions do not fit each other.
 */
export async function pinUseCase(registry: Registry, name: string, pins: Pins = {}): Promise<ReadyUseCase> {
  const useCase = await registry.document('use-case', name, String(pins.useCase ?? DOCUMENT_ALIAS));
  const document = parseDocument('use-case', parseJson(useCase.bodyJson));
  const { model, alias } = document;
  const version = await registry.version(model, String(pins.model ?? alias));
  if (!version) throw new Problem('VERSION_NOT_FOUND', `There is no ${model} ${pins.model ?? alias}`);
  const ruleSet =
    document.ruleSet === undefined
      ? undefined
      : await registry.document('rule-set', document.ruleSet, String(pins.ruleSet ?? DOCUMENT_ALIAS));
  const state = create(WantedStateSchema, {
    models: [{ name: model, aliases: { [alias]: version.version }, versions: [version] }],
    documents: [useCase, ...(ruleSet ? [ruleSet] : [])].map(inForce),
  });
  const { useCases, faults } = configurationOf(state, await bestSellersOf(registry, version));
  const ready = useCases.get(name);
  if (ready) return ready;
  throw new Problem(
    'DOCUMENT_INVALID',
    `The use case ${name} cannot answer: ${faults.map(({ why }) => why).join('; ')}`,
  );
}

const inForce = (document: Document) => ({
  kind: document.kind,
  name: document.name,
  aliases: { [DOCUMENT_ALIAS]: document.version },
  versions: [document],
});

async function bestSellersOf(registry: Registry, { files }: ModelVersion): Promise<Map<string, BestSeller[]>> {
  const file = files.find(({ path }) => path === BEST_SELLERS_PATH);
  if (!file) return new Map();
  const bytes = await registry.artefact(file.sha256);
  return new Map([[file.sha256, parseBestSellers(Buffer.from(bytes).toString())]]);
}

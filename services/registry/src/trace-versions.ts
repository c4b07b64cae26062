import type { FindVersionsRequest, ModelVersion, VersionComparison } from '@vinaigrette/contracts/registry';
import type { Lineage } from '@vinaigrette/lineage';
import { Problem } from '@vinaigrette/problems';
import { compareVersions } from './domain/compare-versions.js';
import { originOf } from './domain/origin.js';
import type { Lineages } from './lineages.js';
import type { ReadCatalogue } from './read-catalogue.js';

const VERSIONS_MAX = 1_000;

/** Where a version comes from, what came of it all, and how one version differs from another. */
export class TraceVersions {
  constructor(
    private readonly catalogue: ReadCatalogue,
    private readonly lineages: Lineages,
  ) {}

  /** `version`: a number or an alias. Throws LINEAGE_NOT_FOUND when nobody told. */
  async lineage(model: string, version: string): Promise<{ version: number; lineage: Lineage }> {
    const found = await this.catalogue.modelVersion(model, version);
    const lineage = await this.lineages.find(model, found.version);
    if (lineage) return { version: found.version, lineage };
    throw new Problem('LINEAGE_NOT_FOUND', `Nobody told where version ${found.version} of ${model} comes from`, {
      field: 'version',
    });
  }

  versionsFrom(request: FindVersionsRequest): Promise<ModelVersion[]> {
    return this.lineages.versionsFrom(originOf(request), VERSIONS_MAX);
  }

  /** `from`, `to`: numbers or aliases. */
  async compare(model: string, from: string, to: string): Promise<VersionComparison> {
    return compareVersions(
      await this.catalogue.modelVersion(model, from),
      await this.catalogue.modelVersion(model, to),
    );
  }
}

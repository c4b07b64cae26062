import { load } from 'js-yaml';
import { z } from 'zod';
import type { Artifacts } from '../../artifacts.js';
import type { LoggedDescription } from '../../domain/mlflow/plan-version.js';
import { Descriptions } from '../../register-logged-version.js';

const BYTES_MAX = 1024 * 1024;
const schema = z.object({ flavors: z.record(z.string(), z.object({ data: z.string().optional() })) });

/** MLmodel files, which are YAML. */
export class YamlDescriptions extends Descriptions {
  constructor(private readonly artifacts: Artifacts) {
    super();
  }

  async read(sha256: string): Promise<LoggedDescription | undefined> {
    if (((await this.artifacts.sizeOf(sha256)) ?? 0n) > BYTES_MAX) return undefined;
    const chunks: Uint8Array[] = [];
    for await (const chunk of this.artifacts.read(sha256)) chunks.push(chunk);
    try {
      return schema.safeParse(load(Buffer.concat(chunks).toString())).data;
    } catch {
      return undefined; // no YAML: then it is no description
    }
  }
}

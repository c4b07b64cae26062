import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

export interface TrainingRequest {
  model: string;
  reason: string;
}

/**
 * Trainings that were asked for by hand while another process watches: a file each, below a folder both know. A request
 * stays until it was looked at to the end, so that neither a kill nor a registry that is away loses it.
 */
export class TrainingRequests {
  constructor(private readonly folder: string) {}

  /** A later request for the same model takes the place of an earlier one. */
  async leave(request: TrainingRequest): Promise<void> {
    await mkdir(this.folder, { recursive: true });
    const file = this.fileOf(request.model);
    await writeFile(`${file}.part`, JSON.stringify(request));
    await rename(`${file}.part`, file);
  }

  /** Hands over each request; it is gone once that has resolved, unless it was asked again meanwhile. */
  async each(look: (request: TrainingRequest) => Promise<unknown>): Promise<void> {
    const names = await readdir(this.folder).catch(() => [] as string[]);
    for (const name of names.filter((one) => one.endsWith('.json'))) {
      const file = path.join(this.folder, name);
      const text = await readFile(file, 'utf8');
      await look(JSON.parse(text) as TrainingRequest);
      if ((await readFile(file, 'utf8')) === text) await rm(file);
    }
  }

  private fileOf(model: string): string {
    return path.join(this.folder, `${model}.json`);
  }
}

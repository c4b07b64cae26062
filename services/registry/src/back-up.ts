import type { MessageInitShape } from '@bufbuild/protobuf';
import type { ReadBackupResponseSchema, RestoreBackupRequest } from '@vinaigrette/contracts/registry';
import { Problem } from '@vinaigrette/problems';
import type { ArtifactUses } from './artifact-uses.js';
import type { Artifacts } from './artifacts.js';
import type { Backups, TableRows } from './backups.js';
import { checkActor } from './domain/names.js';

const DIGESTS_A_MESSAGE = 1_000;

/** Tells everything the registry knows, and takes it in again. The bytes of artefacts travel by themselves. */
export class BackUp {
  constructor(
    private readonly backups: Backups,
    private readonly uses: ArtifactUses,
    private readonly artifacts: Artifacts,
  ) {}

  async *read(): AsyncIterable<MessageInitShape<typeof ReadBackupResponseSchema>> {
    yield { migrations: await this.backups.form() };
    yield* this.backups.read();
    const { versions, named } = await this.uses.facts();
    const needed = [...new Set([...versions.flatMap(({ sha256s }) => sha256s), ...named])];
    for (let at = 0; at < needed.length; at += DIGESTS_A_MESSAGE) {
      const some = needed.slice(at, at + DIGESTS_A_MESSAGE);
      const sizes = await Promise.all(some.map((sha256) => this.artifacts.sizeOf(sha256)));
      yield { sha256s: some.filter((_, index) => sizes[index] !== undefined) };
    }
  }

  async restore(messages: AsyncIterable<RestoreBackupRequest>): Promise<number> {
    const iterator = messages[Symbol.asyncIterator]();
    const first = await iterator.next();
    if (first.done) throw new Problem('BODY_INVALID', 'A backup begins with the form of its tables');
    checkActor(first.value.actor, 'actor');
    const form = await this.backups.form();
    if (first.value.migrations.join() !== form.join()) {
      throw new Problem('BACKUP_INVALID', 'The backup was made by a registry of another version', {
        field: 'migrations',
      });
    }
    return this.backups.restore(rowsOf(iterator), async (sha256s) => {
      for (const sha256 of sha256s) {
        if ((await this.artifacts.sizeOf(sha256)) !== undefined) continue;
        throw new Problem('ARTIFACT_NOT_FOUND', `The backup needs the artefact ${sha256}, which was not uploaded`);
      }
    });
  }
}

async function* rowsOf(rest: AsyncIterator<RestoreBackupRequest>): AsyncIterable<TableRows> {
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
}

import type { Command } from 'commander';
import { openObjectStore, type ObjectStore } from '@vinaigrette/object-store';
import { restoreBackup, takeBackup } from '../adapters/backup-files.js';
import { readConfig } from '../config.js';
import { openCalls } from './registry-of.js';

const BACKUP_TIMEOUT_MS = 12 * 60 * 60 * 1_000;

export function addBackup(program: Command): void {
  program
    .command('backup')
    .argument('<place>', 'a new folder, or s3://bucket/prefix')
    .description('copy all that the registry knows, as of one moment, and every artefact')
    .action(async (place: string) => {
      const { calls } = openCalls(BACKUP_TIMEOUT_MS);
      const { rows, artefacts } = await takeBackup(calls, await opened(place), new Date());
      console.log(`${place} holds ${rows} rows and ${artefacts.length} artefacts`);
    });
  program
    .command('restore-backup')
    .argument('<place>', 'where `vinaigrette backup` has put it')
    .description('put a backup into an empty registry, all of it or nothing')
    .action(async (place: string) => {
      const { calls, actor } = openCalls(BACKUP_TIMEOUT_MS);
      const { rows, artefacts, takenAt } = await restoreBackup(calls, await opened(place), actor);
      console.log(`The registry is as it was at ${takenAt}: ${rows} rows, ${artefacts.length} artefacts`);
    });
}

async function opened(place: string): Promise<ObjectStore> {
  const store = openObjectStore(place, readConfig(process.env).S3_ENDPOINT);
  await store.open();
  return store;
}

import type { Provider } from '@nestjs/common';
import { openObjectStore } from '@vinaigrette/object-store';
import { ArchiveFiles } from './adapters/archive/archive-files.js';
import { ParquetArchive } from './adapters/archive/parquet-archive.js';
import { Database } from './adapters/postgres/database.js';
import { Archive } from './archive.js';
import { ArchiveEvents } from './archive-events.js';
import type { Config } from './config.js';
import { KeepArchive } from './keep-archive.js';
import { KnownVersions } from './known-versions.js';
import { Labels } from './labels.js';
import { MeasureKpis } from './measure-kpis.js';
import { MeasurePerformance } from './measure-performance.js';
import { provider } from './provider.js';
import { ReadDrift } from './read-drift.js';
import { ReadMeasures } from './read-measures.js';
import { ReadRuleDecay } from './read-rule-decay.js';
import { WantedNow } from './wanted-now.js';
import { WantedStates } from './wanted-states.js';

/** Records of a partition that are written at once, whatever their age. */
const RECORDS_MAX = 50_000;

/** What is kept of every prediction and outcome, and what is measured over it. */
export function provideArchive(config: Config, now: () => number): Provider[] {
  const pace = { recordsMax: RECORDS_MAX, ageMsMax: config.ARCHIVE_FLUSH_MS };
  return [
    provider(Archive, [Database], (database) => new ParquetArchive(database, archiveFiles(config, now))),
    provider(ArchiveEvents, [Archive, KnownVersions], (archive, known) => new ArchiveEvents(archive, known, pace, now)),
    provider(KeepArchive, [Archive], (archive) => new KeepArchive(archive, config.ARCHIVE_DAYS)),
    provider(MeasurePerformance, [Archive], (archive) => new MeasurePerformance(archive, now)),
    provider(MeasureKpis, [Archive], (archive) => new MeasureKpis(archive)),
    provider(ReadRuleDecay, [Archive, WantedNow, WantedStates], (...parts) => new ReadRuleDecay(...parts)),
    provider(
      ReadMeasures,
      [MeasurePerformance, MeasureKpis, ReadRuleDecay, WantedNow, ReadDrift],
      (...parts) => new ReadMeasures(...parts),
    ),
    provider(Labels, [Archive, WantedNow, ReadDrift], (...parts) => new Labels(...parts, now)),
  ];
}

/** The archive's folder; or a cache beside its store. */
function archiveFiles(config: Config, now: () => number): ArchiveFiles {
  const { ARCHIVE_DIR, ARCHIVE_CACHE_DIR, ARCHIVE_CACHE_BYTES_MAX: bytesMax, S3_ENDPOINT } = config;
  if (!/^[a-z][a-z0-9+.-]+:\/\//i.test(ARCHIVE_DIR)) return new ArchiveFiles(ARCHIVE_DIR);
  return new ArchiveFiles(ARCHIVE_CACHE_DIR, openObjectStore(ARCHIVE_DIR, S3_ENDPOINT), { bytesMax, now });
}

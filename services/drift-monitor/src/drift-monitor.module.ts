import { Module, type DynamicModule } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { Logger } from '@vinaigrette/edge';
import { openDatabase } from '@vinaigrette/postgres';
import { DataSource } from 'typeorm';
import { ArchiveController } from './adapters/http/archive.controller.js';
import { DriftController } from './adapters/http/drift.controller.js';
import { HealthController } from './adapters/http/health.controller.js';
import { MeasuresController } from './adapters/http/measures.controller.js';
import { PagingController } from './adapters/http/paging.controller.js';
import { receiversOf } from './adapters/paging/receivers-of.js';
import { Database } from './adapters/postgres/database.js';
import { dataSourceOptions } from './adapters/postgres/data-source.js';
import { Clock } from './clock.js';
import type { Config } from './config.js';
import { provideActing } from './provide-acting.js';
import { provideArchive } from './provide-archive.js';
import { provideCounting } from './provide-counting.js';
import { provideJudging } from './provide-judging.js';
import { providePaging } from './provide-paging.js';
import { provider } from './provider.js';
import { Pulses } from './pulses.js';

/** Where every port meets its adapter, room by room. */
@Module({})
export class DriftMonitorModule {
  static with(config: Config, logger: Logger, clock = new Clock()): DynamicModule {
    const options = dataSourceOptions(config.DATABASE_URL, logger, config.LEASE_TIMEOUT_MS);
    const now = () => clock.now();
    const receivers = receiversOf(config);
    const names = receivers.map(({ name }) => name);
    return {
      module: DriftMonitorModule,
      imports: [
        TypeOrmModule.forRootAsync({
          useFactory: () => ({ ...options, retryAttempts: 0 }),
          dataSourceFactory: () => openDatabase(options, logger),
        }),
      ],
      controllers: [HealthController, DriftController, PagingController, ArchiveController, MeasuresController],
      providers: [
        { provide: Clock, useValue: clock },
        provider(Pulses, [], () => new Pulses(config.STALLED_AFTER_MS, now)),
        provider(Database, [DataSource], (source) => new Database(source)),
        ...provideCounting(config, logger, now),
        ...provideJudging(logger, names),
        ...providePaging(logger, receivers),
        ...provideArchive(config, now),
        ...provideActing(config, logger, names),
      ],
    };
  }
}

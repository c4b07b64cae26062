import { Controller, Delete, Get, Inject, Param } from '@nestjs/common';
import { Archive } from '../../archive.js';
import { Clock } from '../../clock.js';

/** What is kept of every prediction and outcome. */
@Controller('v1/archive')
export class ArchiveController {
  constructor(
    @Inject(Archive) private readonly archive: Archive,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /** The Parquet files that count, with absolute paths on the monitor's machine. */
  @Get('files')
  async listFiles() {
    return { files: await this.archive.files() };
  }

  /** Takes a unit's predictions, and what became of them, out of the archive for good. */
  @Delete('units/:unit')
  async eraseUnit(@Param('unit') unit: string) {
    return { erasedRows: await this.archive.erase(unit, this.clock.now()) };
  }
}

import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { Problem } from '@vinaigrette/problems';
import { Clock } from '../../clock.js';
import { readAlertsQuery } from '../../domain/drift-query.js';
import { readSilence } from '../../domain/silence.js';
import { Pages } from '../../pages.js';
import { Silences } from '../../silences.js';

/** Who was paged for what, and who does not want to be. Times are milliseconds since the epoch, UTC. */
@Controller('v1')
export class PagingController {
  constructor(
    @Inject(Pages) private readonly pages: Pages,
    @Inject(Silences) private readonly silences: Silences,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /** `?model=`: open pages, and those that ended last, with what each receiver was told. */
  @Get('pages')
  async listPages(@Query() query: Record<string, unknown>) {
    return { pages: await this.pages.list(readAlertsQuery(query)) };
  }

  @Get('silences')
  async listSilences() {
    return { silences: await this.silences.list(this.clock.now()) };
  }

  /** The body is Alertmanager's: matchers, startsAt, endsAt, createdBy, comment. */
  @Post('silences')
  addSilence(@Body() body: unknown) {
    return this.silences.add(readSilence(body, this.clock.now()));
  }

  @Delete('silences/:id')
  @HttpCode(204)
  async endSilence(@Param('id') id: string) {
    if (await this.silences.end(id, this.clock.now())) return;
    throw new Problem('SILENCE_NOT_FOUND', `There is no silence ${id.slice(0, 64)} that goes on`);
  }
}

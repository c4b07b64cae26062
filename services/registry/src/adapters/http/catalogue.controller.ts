import { create, toJson } from '@bufbuild/protobuf';
import { Controller, Get, Param, Query } from '@nestjs/common';
import { ListDocumentsResponseSchema, ListModelsResponseSchema, ModelSchema } from '@vinaigrette/contracts/registry';
import { ReadCatalogue } from '../../read-catalogue.js';

/** What there is, for browsers and curl: the service's messages in protobuf's JSON. */
@Controller('v1')
export class CatalogueController {
  constructor(private readonly catalogue: ReadCatalogue) {}

  @Get('models')
  async models() {
    return toJson(
      ListModelsResponseSchema,
      create(ListModelsResponseSchema, { models: await this.catalogue.models() }),
    );
  }

  @Get('models/:name')
  async model(@Param('name') name: string) {
    return toJson(ModelSchema, await this.catalogue.model(name));
  }

  @Get('documents')
  async documents(@Query('kind') kind?: string) {
    const documents = await this.catalogue.documentsOf(kind ?? '');
    return toJson(ListDocumentsResponseSchema, create(ListDocumentsResponseSchema, { documents }));
  }
}

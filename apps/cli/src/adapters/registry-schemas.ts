import { Code, ConnectError } from '@connectrpc/connect';
import { loggedSchema, parseSignature, schemaIdOf, type LoggedColumn } from '@vinaigrette/signature';
import { LoggedSchemas } from '../learning/learn-from-log.js';
import type { Registry } from './registry.js';

/** As the registry has read them from the signatures of the versions. */
export class RegistrySchemas extends LoggedSchemas {
  constructor(private readonly registry: Registry) {
    super();
  }

  async of(model: string, version: number, schemaId: string): Promise<readonly LoggedColumn[] | undefined> {
    try {
      const known = await this.registry.version(model, String(version));
      if (!known) return undefined;
      const schema = loggedSchema(parseSignature(JSON.parse(known.signatureJson)));
      return Buffer.from(schemaIdOf(schema)).toString('hex') === schemaId ? schema : undefined;
    } catch (error) {
      if (ConnectError.from(error).code === Code.NotFound) return undefined;
      throw error;
    }
  }
}

import type { WantedDocument } from '@vinaigrette/contracts/registry';
import { basketModel, quoteModel, wantedShop } from './shop.js';
import { SmallModelServer } from './small-model-server.js';
import { SmallRegistry } from './small-registry.js';
import { TestGateway, workspace } from './test-gateway.js';

/**
 * A gateway that is ready, between a registry and a model server that know the whole shop; `close` ends all three.
 * `documents` stand beside or in place of the shop's own; `environment` besides what a test gateway needs.
 */
export async function openShop(documents: WantedDocument[] = [], environment: NodeJS.ProcessEnv = {}) {
  const registry = new SmallRegistry();
  const models = new SmallModelServer({ basket: basketModel, insurance: quoteModel });
  const space = await workspace();
  const wanted = wantedShop(registry);
  const isOwn = (name: string) => !documents.some((document) => document.name === name);
  registry.want({ ...wanted, documents: [...wanted.documents.filter(({ name }) => isOwn(name)), ...documents] });
  const gateway = await TestGateway.start({
    ...space.environment(await registry.listen(), await models.listen()),
    ...environment,
  });
  await gateway.ready();
  const close = async () => {
    await gateway.close();
    await registry.close();
    models.close();
    await space.remove();
  };
  return { registry, models, space, gateway, close };
}

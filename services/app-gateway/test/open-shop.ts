import type { WantedDocument } from '@vinaigrette/contracts/registry';
import { basketModel, quoteModel, wantedShop } from './shop.js';
import { SmallModelServer } from './small-model-server.js';
import { SmallRegistry } from './small-registry.js';
import { TestGateway, workspace } from './test-gateway.js';

/**
 * A gateway that is ready, between a registry and a model server that know the whole shop; `close` ends all three, as
 * does a start that fails. `documents` stand beside or in place of the shop's own; `environment` besides what a test
 * gateway needs.
 */
export async function openShop(documents: WantedDocument[] = [], environment: NodeJS.ProcessEnv = {}) {
  const registry = new SmallRegistry();
  const models = new SmallModelServer({ basket: basketModel, insurance: quoteModel });
  const space = await workspace();
  const wanted = wantedShop(registry);
  const isOwn = (name: string) => !documents.some((document) => document.name === name);
  registry.want({ ...wanted, documents: [...wanted.documents.filter(({ name }) => isOwn(name)), ...documents] });
  let started: TestGateway | undefined;
  const close = async () => {
    await started?.close();
    await registry.close();
    models.close();
    await space.remove();
  };
  try {
    const ports = [await registry.listen(), await models.listen()] as const;
    const gateway = (started = await TestGateway.start({ ...space.environment(...ports), ...environment }));
    await gateway.ready();
    return { registry, models, space, gateway, close };
  } catch (error) {
    await close(); // else what was opened keeps the process
    throw error;
  }
}

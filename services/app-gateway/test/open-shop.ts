import { basketModel, quoteModel, wantedShop } from './shop.js';
import { SmallModelServer } from './small-model-server.js';
import { SmallRegistry } from './small-registry.js';
import { TestGateway, workspace } from './test-gateway.js';

/** A gateway that is ready, between a registry and a model server that know the whole shop; `close` ends all three. */
export async function openShop() {
  const registry = new SmallRegistry();
  const models = new SmallModelServer({ basket: basketModel, insurance: quoteModel });
  const space = await workspace();
  registry.want(wantedShop(registry));
  const gateway = await TestGateway.start(space.environment(await registry.listen(), await models.listen()));
  await gateway.ready();
  const close = async () => {
    await gateway.close();
    await registry.close();
    models.close();
    await space.remove();
  };
  return { registry, models, space, gateway, close };
}

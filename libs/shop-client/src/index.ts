export { ShopClient, ShopProblem, type ShopClientOptions } from './shop-client.js';

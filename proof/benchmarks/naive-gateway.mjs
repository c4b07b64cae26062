/** What one writes first: a Nest + Fastify route with one gRPC call a request, no rules, no log, no fallback. */
import 'reflect-metadata';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { inferenceClient } from './inference-client.mjs';

// Nest belongs to the services; this file stands beside them.
const require = createRequire(new URL('../../services/app-gateway/package.json', import.meta.url));
const load = (name) => import(pathToFileURL(require.resolve(name)).href);
const { Body, Controller, HttpCode, Module, Post } = await load('@nestjs/common');
const { NestFactory } = await load('@nestjs/core');
const { FastifyAdapter } = await load('@nestjs/platform-fastify');

const infer = inferenceClient(process.env.MODEL_SERVER);

class NaiveController {
  async recommend(body) {
    const skus = await infer(body.basket);
    return { items: skus.filter((sku) => sku !== '').slice(0, 5) };
  }
}
Controller()(NaiveController);
const method = Object.getOwnPropertyDescriptor(NaiveController.prototype, 'recommend');
Post('recommend')(NaiveController.prototype, 'recommend', method);
HttpCode(200)(NaiveController.prototype, 'recommend', method);
Body()(NaiveController.prototype, 'recommend', 0);

class NaiveModule {}
Module({ controllers: [NaiveController] })(NaiveModule);

const app = await NestFactory.create(NaiveModule, new FastifyAdapter(), { logger: false, bodyParser: false });
await app.listen(0, '127.0.0.1');
console.log(JSON.stringify({ msg: 'listening', http: app.getHttpServer().address().port }));
process.on('SIGTERM', () => process.exit(0));

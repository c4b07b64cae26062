/** The least a Nest + Fastify service does: read a small JSON body, answer one. What the gateway is measured beside. */
import 'reflect-metadata';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

// Nest belongs to the services; this file stands beside them.
const require = createRequire(new URL('../../services/app-gateway/package.json', import.meta.url));
const load = (name) => import(pathToFileURL(require.resolve(name)).href);
const { Body, Controller, HttpCode, Module, Post } = await load('@nestjs/common');
const { NestFactory } = await load('@nestjs/core');
const { FastifyAdapter } = await load('@nestjs/platform-fastify');

class HelloController {
  hello(body) {
    return { hello: body.basket.length };
  }
}
Controller()(HelloController);
const method = Object.getOwnPropertyDescriptor(HelloController.prototype, 'hello');
Post('hello')(HelloController.prototype, 'hello', method);
HttpCode(200)(HelloController.prototype, 'hello', method);
Body()(HelloController.prototype, 'hello', 0);

class HelloModule {}
Module({ controllers: [HelloController] })(HelloModule);

const app = await NestFactory.create(HelloModule, new FastifyAdapter(), { logger: false, bodyParser: false });
await app.listen(0, '127.0.0.1');
console.log(JSON.stringify({ msg: 'listening', http: app.getHttpServer().address().port }));
process.on('SIGTERM', () => process.exit(0));

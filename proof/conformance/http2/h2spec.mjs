/**
 * h2spec against the model server's own HTTP/2: `node proof/conformance/http2/h2spec.mjs` builds it by Go, once, and
 * prints what it found. Not a part of `npm test`: what it asks is in services/model-server/test/http2-connection.spec.ts,
 * a row each.
 */
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { headerBlock } from '../../../services/model-server/dist/src/adapters/http2/hpack.js';
import { Http2Connection } from '../../../services/model-server/dist/src/adapters/http2/http2-connection.js';
import { root, run } from '../../../tools/processes.mjs';

const VERSION = 'v2.2.1+incompatible';
/** Calls to here are not answered: so it is seen what becomes of those beyond the number that may be under way. */
const NEVER = '/never';
const CANCEL = 8;

async function h2spec() {
  const folder = path.join(root, '.vinaigrette/h2spec', VERSION);
  const built = path.join(folder, 'h2spec');
  if (existsSync(built)) return built;
  const module = `github.com/summerwind/h2spec/cmd/h2spec@${VERSION}`;
  const env = { GOBIN: folder, GOTOOLCHAIN: 'local', GOFLAGS: '' };
  const { status, text } = await run('go', ['install', module], { env });
  if (status !== 0) throw new Error(`go install failed: ${text}`);
  return built;
}

/** h2spec expects an answer with a body to whatever it asks; a gRPC server would answer most of it without one. */
function take(stream) {
  const answers = stream.headers[':path'] !== NEVER;
  stream.onData = (piece) => stream.consumed(piece.length);
  stream.onGone = () => stream.reset(CANCEL);
  stream.onEnd = () => {
    if (answers) stream.answer(headerBlock({ ':status': 200 }), Buffer.from('hello'), headerBlock({ end: 'here' }));
  };
}

const server = createServer((socket) => new Http2Connection(socket, take)).listen(0, '127.0.0.1');
await once(server, 'listening');
const program = await h2spec();
const target = ['-h', '127.0.0.1', '-p', String(server.address().port)];
for (const sections of [
  ['-P', '/'],
  ['-P', NEVER, 'http2/5.1.2'],
]) {
  const { status, text } = await run(program, [...target, ...sections]);
  const failures = text.indexOf('Failures:');
  console.log(`${sections.join(' ')}: ${failures < 0 ? text.trim().split('\n').at(-1) : text.slice(failures)}`);
  if (status !== 0) process.exitCode = 1;
}
server.close();

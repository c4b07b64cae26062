import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { onPath, root, run } from '../processes.mjs';

/** The latest that Debian 12's Go, 1.19, can build. */
const VERSION = 'v1.9.1';

/**
 * grpcurl: the one on PATH, or one that Go builds from its module, once, into `.vinaigrette/grpcurl`. Rejects with what is
 * missing.
 */
export async function findGrpcurl() {
  const given = await onPath(['grpcurl']);
  if (given) return given;
  const folder = path.join(root, '.vinaigrette/grpcurl', VERSION);
  const built = path.join(folder, 'grpcurl');
  if (existsSync(built)) return built;
  const go = await onPath(['go']);
  if (!go) throw new Error('there is neither grpcurl nor go on PATH');
  // A toolchain other than the one that is here would have to be downloaded.
  const env = { GOBIN: folder, GOTOOLCHAIN: 'local', GOFLAGS: '' };
  const { status, text } = await run(go, ['install', `github.com/fullstorydev/grpcurl/cmd/grpcurl@${VERSION}`], {
    env,
  });
  if (status !== 0) throw new Error(`go install failed: ${text.trim().split('\n').slice(-3).join(' ')}`);
  return built;
}

/** `node tools/test/grpcurl.mjs` finds it and prints the variable, for a spec run by itself. */
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log(`GRPCURL_PATH=${await findGrpcurl()}`);
}

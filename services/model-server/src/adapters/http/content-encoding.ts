import { promisify } from 'node:util';
import { deflate, gunzip, gzip, inflate } from 'node:zlib';
import { Problem } from '@vinaigrette/problems';

const unpack = { gzip: promisify(gunzip), deflate: promisify(inflate) };
const pack = { gzip: promisify(gzip), deflate: promisify(deflate) };
type Encoding = keyof typeof pack;
/** Below this a packed answer is hardly smaller. */
const BYTES_WORTH_PACKING = 1_024;
/** Tensors are packed while somebody waits. */
const LEVEL = 1;

/** A body as it was before its `Content-Encoding`. Throws BODY_INVALID, or BODY_TOO_LARGE when unpacked it is. */
export async function uncompressed(body: Buffer, encoding: string | undefined, bytesMax: number): Promise<Buffer> {
  if (encoding === undefined || encoding === 'identity') return body;
  if (encoding !== 'gzip' && encoding !== 'deflate') {
    throw new Problem('BODY_INVALID', `Content-Encoding is gzip, deflate or identity, not ${encoding.slice(0, 40)}`);
  }
  try {
    return await unpack[encoding](body, { maxOutputLength: bytesMax });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ERR_BUFFER_TOO_LARGE') {
      throw new Problem('BODY_TOO_LARGE', `Unpacked, the body is larger than ${bytesMax} bytes, the limit here`);
    }
    throw new Problem('BODY_INVALID', `The body is no ${encoding}: ${(cause as Error).message}`, { cause });
  }
}

/** The answer's body as the caller accepts it; `encoding`: what the header has to say of it. */
export async function compressed(
  body: string | Buffer,
  accepted: string | undefined,
): Promise<{ body: string | Buffer; encoding?: Encoding }> {
  const encoding = accepted && body.length >= BYTES_WORTH_PACKING ? preferred(accepted) : undefined;
  if (!encoding) return { body };
  return { body: await pack[encoding](body, { level: LEVEL }), encoding };
}

/** The first encoding of `Accept-Encoding` that is ours and not refused by `q=0`. */
function preferred(accepted: string): Encoding | undefined {
  for (const entry of accepted.toLowerCase().split(',')) {
    const [name = '', ...parameters] = entry.split(';').map((part) => part.trim());
    if (parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter))) continue;
    if (name === 'gzip' || name === 'deflate') return name;
  }
  return undefined;
}

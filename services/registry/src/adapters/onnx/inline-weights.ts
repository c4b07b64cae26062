import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { ModelProtoSchema, TensorProtoSchema, type ModelProto, type TensorProto } from '@vinaigrette/contracts/onnx';
import { Problem } from '@vinaigrette/problems';
import type { Artifacts } from '../../artifacts.js';
import { MODEL_FILE, type NamedFile } from '../../domain/version-files.js';
import { Weights } from '../../register-logged-version.js';

const EXTERNAL = 1;
/** Of a graph with its weights. They are held in memory while they are put together. */
const BYTES_MAX = 512 * 1024 * 1024;

/**
 * Puts weights that an exporter wrote into files beside the graph back into it. What serves a graph reads bytes and no
 * file that the graph names, so that no graph can read what is not its own.
 */
export class InlineWeights extends Weights {
  constructor(private readonly artifacts: Artifacts) {
    super();
  }

  async inline(files: readonly NamedFile[]): Promise<NamedFile[]> {
    const model = parse(await this.bytesOf(fileAt(files, MODEL_FILE)));
    const external = model?.graph?.initializer.filter(({ dataLocation }) => dataLocation === EXTERNAL) ?? [];
    if (!model || external.length === 0) return [...files];

    const used = new Map<string, Buffer>();
    for (const location of new Set(external.map((tensor) => entryOf(tensor, 'location')))) {
      used.set(location, await this.bytesOf(fileAt(files, location)));
    }
    for (const tensor of external) putInto(tensor, used.get(entryOf(tensor, 'location')) as Buffer);
    const whole = toBinary(ModelProtoSchema, model);
    const { sha256, sizeBytes } = await this.artifacts.keep(once(whole));
    return files
      .filter(({ path }) => !used.has(path))
      .map((file) => (file.path === MODEL_FILE ? { path: MODEL_FILE, sha256, sizeBytes } : file));
  }

  private async bytesOf({ path, sha256 }: NamedFile): Promise<Buffer> {
    const size = await this.artifacts.sizeOf(sha256);
    if (size !== undefined && size > BYTES_MAX) {
      throw new Problem(
        'MODEL_INVALID',
        `${path} has ${size} bytes; a graph with its weights has at most ${BYTES_MAX}`,
        {
          field: path,
        },
      );
    }
    const chunks: Uint8Array[] = [];
    for await (const chunk of this.artifacts.read(sha256)) chunks.push(chunk);
    return Buffer.concat(chunks);
  }
}

function fileAt(files: readonly NamedFile[], path: string): NamedFile {
  const file = files.find((candidate) => candidate.path === path);
  if (file) return file;
  throw new Problem(
    'MODEL_INVALID',
    `The graph keeps weights in ${JSON.stringify(path.slice(0, 80))}, which was not logged`,
    {
      field: MODEL_FILE,
    },
  );
}

/** undefined: these bytes are no graph, which the inspection will say better. */
function parse(bytes: Uint8Array): ModelProto | undefined {
  try {
    return fromBinary(ModelProtoSchema, bytes);
  } catch {
    return undefined;
  }
}

function putInto(tensor: TensorProto, bytes: Buffer): void {
  const offset = Number(entryOf(tensor, 'offset') || 0);
  const length = Number(entryOf(tensor, 'length') || bytes.byteLength - offset);
  if (!(offset >= 0 && length >= 0 && offset + length <= bytes.byteLength)) {
    throw new Problem('MODEL_INVALID', `The weights of ${tensor.name} lie beyond the end of their file`, {
      field: tensor.name,
    });
  }
  const absent = create(TensorProtoSchema);
  tensor.rawData = bytes.subarray(offset, offset + length);
  tensor.externalData = absent.externalData;
  tensor.dataLocation = absent.dataLocation;
}

const entryOf = ({ externalData }: TensorProto, key: string): string =>
  externalData.find((entry) => entry.key === key)?.value ?? '';

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}

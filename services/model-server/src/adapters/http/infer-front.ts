import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from '@vinaigrette/edge';
import { Problem, problemOf } from '@vinaigrette/problems';
import type { AnswerInference } from '../../answer-inference.js';
import type { ServeWanted } from '../../serve-wanted.js';
import { compressed, uncompressed } from './content-encoding.js';
import { failureOf } from './failure-body.js';
import { readInferBody, writeInferBody } from './infer-body.js';

/** Where a request has JSON in front of its tensors, and an answer too. */
const JSON_BYTES_HEADER = 'inference-header-content-length';
const JSON_TYPE = 'application/json; charset=utf-8';
const INFER_PATH = /^\/v2\/models\/([^/?]{1,300})(?:\/versions\/([^/?]{1,300}))?\/infer(?:\?|$)/;

/**
 * `POST /v2/models/NAME[/versions/VERSION]/infer` straight on Node's HTTP server: a framework in between costs as much
 * as all that is done here. Failures are `{"error": "[CODE] ..."}`.
 */
export class InferFront {
  constructor(
    private readonly models: ServeWanted,
    private readonly inferences: AnswerInference,
    private readonly bodyBytesMax: number,
    /** Callers are asked to close their connections: it would hold up the end. */
    private readonly draining: () => boolean,
    private readonly logger: Logger,
  ) {}

  /** False: the request is none for an inference, and somebody else's. */
  take(request: IncomingMessage, response: ServerResponse): boolean {
    const address = request.method === 'POST' ? addressOf(request.url as string) : undefined;
    if (!address) return false;
    this.read(request)
      .then(
        (body) => this.answer(address, body, request, response),
        (error: unknown) => this.refuse(error, request.headers),
      )
      .catch((error: unknown) => this.fail(error, request, response));
    return true;
  }

  /** The body's bytes as they came. */
  private read(request: IncomingMessage): Promise<Buffer> {
    return new Promise((whole, refuse) => {
      const pieces: Buffer[] = [];
      let bytes = 0;
      const tooLarge = () => {
        request.removeAllListeners('data').resume();
        refuse(new Problem('BODY_TOO_LARGE', `The body is larger than ${this.bodyBytesMax} bytes, the limit here`));
      };
      if (Number(request.headers['content-length']) > this.bodyBytesMax) return tooLarge();
      request.on('data', (piece: Buffer) => {
        bytes += piece.length;
        if (bytes > this.bodyBytesMax) return tooLarge();
        pieces.push(piece);
      });
      request.on('end', () => whole(pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces)));
      request.on('error', refuse); // the caller has gone
    });
  }

  private async answer(
    target: { model: string; version: string },
    sent: Buffer,
    { headers, socket }: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const encoding = headers['content-encoding'];
    const body = encoding === undefined ? sent : await this.unpacked(sent, encoding, headers);
    const { model, version } = target;
    const refusal = this.inferences.refusal(model, version, headers);
    if (refusal) throw refusal;
    const answer = await this.inferences.answer(
      () =>
        readInferBody(
          body,
          jsonBytesOf(headers[JSON_BYTES_HEADER]),
          target,
          () => this.models.find(model, version).signature,
        ),
      writeInferBody,
      { abandoned: () => socket.destroyed, headers },
    );
    const { jsonBytes } = answer;
    const type: Record<string, string | number> =
      jsonBytes === undefined
        ? { 'content-type': JSON_TYPE }
        : { 'content-type': 'application/octet-stream', [JSON_BYTES_HEADER]: jsonBytes };
    const packed = await compressed(answer.body, headers['accept-encoding']);
    if (packed.encoding) type['content-encoding'] = packed.encoding;
    this.send(response, 200, type, packed.body);
  }

  private async unpacked(sent: Buffer, encoding: string, headers: IncomingHttpHeaders): Promise<Buffer> {
    try {
      return await uncompressed(sent, encoding, this.bodyBytesMax);
    } catch (error) {
      return this.refuse(error, headers);
    }
  }

  /** Before there is a question. A caller that has gone is no news. */
  private refuse(error: unknown, headers: IncomingHttpHeaders): never {
    if (error instanceof Problem) this.inferences.refused(error, headers);
    throw error;
  }

  private fail(error: unknown, request: IncomingMessage, response: ServerResponse): void {
    const problem = problemOf(error);
    if (problem.kind === 'internal' && !request.destroyed) {
      this.logger.error({ err: error, url: request.url }, 'request failed');
    }
    const { status, headers, body } = failureOf(problem);
    headers['content-type'] = JSON_TYPE;
    if (!request.complete) headers['connection'] = 'close'; // what is still being sent is for nobody
    this.send(response, status, headers, JSON.stringify(body));
  }

  /** Text leaves in one write with its headers, bytes do not. */
  private send(
    response: ServerResponse,
    status: number,
    headers: Record<string, string | number>,
    body: string | Buffer,
  ): void {
    headers['content-length'] = Buffer.byteLength(body);
    if (this.draining()) headers['connection'] = 'close';
    response.writeHead(status, headers).end(body);
  }
}

/** Undefined: another path, or one that is not written as a URL. */
function addressOf(url: string): { model: string; version: string } | undefined {
  const [, model, version = ''] = INFER_PATH.exec(url) ?? [];
  if (model === undefined) return undefined;
  try {
    return { model: decodeURIComponent(model), version: decodeURIComponent(version) };
  } catch {
    return undefined;
  }
}

function jsonBytesOf(header: string | string[] | undefined): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d{1,10}$/.test(String(header))) return Number(header);
  throw new Problem('BODY_INVALID', 'Inference-Header-Content-Length is the number of bytes of JSON', {
    field: JSON_BYTES_HEADER,
  });
}

import { createReadStream, createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  paginateListObjectsV2,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { Problem } from '@vinaigrette/problems';
import { checkKey } from './key.js';
import { ObjectStore, type ObjectFacts, type StagedObject, type WorkFolder } from './object-store.js';
import { Scratch, tellFullDisk } from './scratch.js';

const ATTEMPTS = 4;
const RETRY_MS = 100; // doubled at each attempt
const CONNECTION_TIMEOUT_MS = 5_000;
const IDLE_TIMEOUT_MS = 120_000;
const OBJECT_BYTES_MAX = 5 * 1024 ** 3; // what S3 takes in one request, and so all at once

/** Where objects are. Whatever else the AWS SDK reads for itself: AWS_REGION, AWS_ACCESS_KEY_ID, a profile, a role. */
export interface S3Place {
  bucket: string;
  /** Before every key, without slashes at its ends; empty: none. */
  prefix: string;
  /** Of a keeper that is not Amazon: `http://minio:9000`. Its buckets are then addressed by path. */
  endpoint?: string | undefined;
}

export interface S3Options {
  /** Where content waits until it is whole; default: a folder of this user's below the system's temporary one. */
  scratchFolder?: string;
  /** Objects that one request lists, 1 to 1,000. */
  pageSize?: number;
}

/**
 * Objects of one bucket of anything that speaks S3. Content is written to this machine's temporary folder first: so its
 * digest and length are known before the first byte is sent, S3 compares both, and a broken request is sent again.
 */
export class S3Store extends ObjectStore {
  private readonly client: S3Client;
  private readonly scratch: Scratch;

  constructor(
    private readonly place: S3Place,
    private readonly options: S3Options = {},
  ) {
    super();
    this.scratch = new Scratch(options.scratchFolder ?? join(tmpdir(), `vinaigrette-objects-${userInfo().uid}`));
    this.client = new S3Client({
      ...(place.endpoint ? { endpoint: place.endpoint, forcePathStyle: true } : {}),
      region: process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION ?? 'us-east-1',
      maxAttempts: ATTEMPTS,
      // SHA-256 is sent and compared by name; the SDK's own CRC trailers are not understood by every S3.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      logger: silent, // every failure reaches the caller, who says it once
      requestHandler: { connectionTimeout: CONNECTION_TIMEOUT_MS, socketTimeout: IDLE_TIMEOUT_MS },
    });
  }

  /** Rejects when there is no such bucket, or it may not be used. */
  async open(): Promise<number> {
    await this.told('open', () => this.client.send(new HeadBucketCommand({ Bucket: this.place.bucket })));
    return this.scratch.open();
  }

  async stage(content: AsyncIterable<Uint8Array> | Uint8Array): Promise<StagedObject> {
    const { path, sizeBytes, sha256 } = await this.scratch.write(content);
    return {
      sizeBytes,
      sha256,
      publish: async (key) => {
        if (sizeBytes > OBJECT_BYTES_MAX) {
          throw new Problem('BODY_TOO_LARGE', `An object of S3 has at most ${OBJECT_BYTES_MAX} bytes`);
        }
        const put = { ...this.named(key), ContentLength: sizeBytes, ChecksumSHA256: base64Of(sha256) };
        await this.told(key, () =>
          retried(() => this.client.send(new PutObjectCommand({ ...put, Body: createReadStream(path) }))),
        );
      },
      discard: () => rm(path, { force: true }),
    };
  }

  async *get(key: string): AsyncIterable<Uint8Array> {
    const body = await this.body(key);
    try {
      yield* body as AsyncIterable<Uint8Array>;
    } catch (cause) {
      throw this.tell(key, cause);
    }
  }

  async copyOut(key: string, path: string): Promise<void> {
    try {
      await pipeline(this.get(key), createWriteStream(path, { flags: 'wx', mode: 0o444 }));
    } catch (error) {
      throw tellFullDisk(error);
    }
  }

  workFolder(): Promise<WorkFolder> {
    return this.scratch.newFolder();
  }

  async head(key: string): Promise<ObjectFacts | undefined> {
    const command = new HeadObjectCommand(this.named(key));
    const found = await this.told(key, () => this.client.send(command).catch(orMissing));
    return found && { key, sizeBytes: found.ContentLength ?? 0, changedAtMs: found.LastModified?.getTime() ?? 0 };
  }

  async *list(prefix = ''): AsyncIterable<ObjectFacts> {
    const before = this.place.prefix === '' ? '' : `${this.place.prefix}/`;
    const paging = { client: this.client, pageSize: this.options.pageSize ?? 1_000 };
    const pages = paginateListObjectsV2(paging, { Bucket: this.place.bucket, Prefix: before + prefix });
    const iterator = pages[Symbol.asyncIterator]();
    for (;;) {
      const { value: page, done } = await this.told(prefix, () => iterator.next());
      if (done) return;
      for (const { Key, Size, LastModified } of page.Contents ?? []) {
        yield {
          key: (Key ?? '').slice(before.length),
          sizeBytes: Size ?? 0,
          changedAtMs: LastModified?.getTime() ?? 0,
        };
      }
    }
  }

  async delete(key: string): Promise<void> {
    await this.told(key, () => this.client.send(new DeleteObjectCommand(this.named(key))));
  }

  private async body(key: string): Promise<Readable> {
    const found = await this.told(key, () => this.client.send(new GetObjectCommand(this.named(key))).catch(orMissing));
    if (!found) throw new Problem('OBJECT_NOT_FOUND', `Nothing is stored under ${key}`);
    return found.Body as Readable;
  }

  private named(key: string): { Bucket: string; Key: string } {
    checkKey(key);
    const { bucket, prefix } = this.place;
    return { Bucket: bucket, Key: prefix === '' ? key : `${prefix}/${key}` };
  }

  private async told<T>(what: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      throw this.tell(what, cause);
    }
  }

  private tell(what: string, cause: unknown): Problem {
    const { name, message } = cause as Error;
    return new Problem('UPSTREAM_UNAVAILABLE', `s3://${this.place.bucket} (${what}): ${name} ${message}`, { cause });
  }
}

/** The SDK sends a stream once; a file can be read again. */
async function retried<T>(send: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await send();
    } catch (error) {
      const refused = error instanceof S3ServiceException && (error.$metadata.httpStatusCode ?? 500) < 500;
      if (refused || attempt === ATTEMPTS) throw error;
      await sleep(RETRY_MS * 2 ** attempt);
    }
  }
}

const silent = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };

const base64Of = (sha256: string): string => Buffer.from(sha256, 'hex').toString('base64');

/** For `.catch`: undefined when there is no such object; a bucket that is not there is a failure. */
function orMissing(error: unknown): undefined {
  const missing = error instanceof S3ServiceException && ['NotFound', 'NoSuchKey'].includes(error.name);
  if (!missing) throw error;
}

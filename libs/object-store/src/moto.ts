import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';

/** For tests: what moto takes for credentials. */
const CREDENTIALS = { AWS_ACCESS_KEY_ID: 'moto', AWS_SECRET_ACCESS_KEY: 'moto', AWS_REGION: 'us-east-1' };

/** An S3 that forgets everything when it stops. */
export interface Moto {
  endpoint: string;
  /** What a process needs to use it: `S3_ENDPOINT` and the AWS variables. */
  env: Record<string, string>;
  makeBucket(bucket: string): Promise<void>;
  stop(): Promise<void>;
}

/** Starts moto's server out of the Python environments that tests find by PYTHON_CLIENTS, on a free port. */
export async function startMoto(pythonClients: string): Promise<Moto> {
  const python = join(pythonClients, 's3/bin/python');
  const child = spawn(python, ['-m', 'moto.server', '-H', '127.0.0.1', '-p', '0'], {
    env: { PATH: process.env.PATH, ...CREDENTIALS, PYTHONUNBUFFERED: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const port = await new Promise<string>((resolve, reject) => {
    let said = '';
    const hear = (chunk: Buffer) => {
      said += chunk.toString();
      const found = /Running on http:\/\/127\.0\.0\.1:(\d+)/.exec(said)?.[1];
      if (found !== undefined) resolve(found);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.once('error', reject);
    void ended.then(() => reject(new Error(`moto did not start: ${said}`)));
  });
  const endpoint = `http://127.0.0.1:${port}`;
  return {
    endpoint,
    env: { ...CREDENTIALS, S3_ENDPOINT: endpoint },
    makeBucket: async (bucket) => {
      const credentials = { accessKeyId: 'moto', secretAccessKey: 'moto' };
      const client = new S3Client({ endpoint, forcePathStyle: true, region: 'us-east-1', credentials });
      await client.send(new CreateBucketCommand({ Bucket: bucket }));
      client.destroy();
    },
    stop: async () => {
      child.kill();
      await ended;
    },
  };
}

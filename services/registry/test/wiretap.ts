import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

const TYPED_HEADER_BYTES = 5;
const QUERY = 'Q';
const PARSE = 'P';
const BEGIN = /^(START TRANSACTION|BEGIN)/;
const END = /^(COMMIT|ROLLBACK)/;

/** Where a transaction is to be broken off: before its statement of that index, or once PostgreSQL has answered it. */
export interface Breakpoint {
  transaction: readonly string[];
  statement: number;
  when: 'before' | 'after';
}

/**
 * The way from a registry to its database that reads the statements passing by, and stops for ever at one of them. Reads
 * PostgreSQL's wire protocol 3.0: a Query or Parse message holds a statement's text, with placeholders for its values.
 */
export class Wiretap {
  /** The statements of each transaction, in the order of their beginnings; what stands alone is one by itself. */
  readonly transactions: string[][] = [];
  private breakpoint: (Breakpoint & { reached: () => void }) | undefined;

  private constructor(
    private readonly server: Server,
    private readonly target: URL,
  ) {
    server.on('connection', (near) => this.carry(near));
  }

  static async to(databaseUrl: string): Promise<Wiretap> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Wiretap(server, new URL(databaseUrl));
  }

  get databaseUrl(): string {
    const url = new URL(this.target);
    url.host = `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    return url.href;
  }

  /** Calls `reached` once a transaction that began as that one gets there; its connection then carries nothing more. */
  breakAt(breakpoint: Breakpoint, reached: () => void): void {
    this.breakpoint = { ...breakpoint, reached };
  }

  close(): void {
    this.server.close();
  }

  private carry(near: Socket): void {
    const far = connect(Number(this.target.port || 5_432), this.target.hostname);
    let unread = Buffer.alloc(0);
    let started = false;
    let stopped = false;
    let answerStops = false;
    let statements: string[] = [];
    let open = false;
    near.on('data', (bytes) => {
      unread = Buffer.concat([unread, bytes]);
      while (!stopped) {
        const length = lengthOfFirst(unread, started);
        if (length === undefined) return;
        const message = unread.subarray(0, length);
        unread = unread.subarray(length);
        const text = started ? statementIn(message) : undefined;
        started = true;
        if (text !== undefined) {
          if (!open) this.transactions.push((statements = []));
          statements.push(text);
          open = BEGIN.test(statements[0] as string) && !END.test(text);
          const reached = this.reached(statements);
          if (reached === 'before') return stop();
          answerStops ||= reached === 'after';
        }
        far.write(message);
      }
    });
    far.on('data', (bytes) => {
      if (answerStops) stop();
      if (!stopped) near.write(bytes);
    });
    const stop = (): void => {
      stopped = true;
      this.breakpoint?.reached();
      this.breakpoint = undefined;
    };
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
    }
  }

  private reached(statements: readonly string[]): Breakpoint['when'] | undefined {
    const at = this.breakpoint;
    if (!at || statements.length !== at.statement + 1) return undefined;
    return statements.every((text, index) => text === at.transaction[index]) ? at.when : undefined;
  }
}

/** Of the first message, which begins with its length, and all but the very first with a type before it. */
function lengthOfFirst(bytes: Buffer, typed: boolean): number | undefined {
  const at = typed ? 1 : 0;
  if (bytes.length < at + 4) return undefined;
  const length = at + bytes.readInt32BE(at);
  return bytes.length < length ? undefined : length;
}

function statementIn(message: Buffer): string | undefined {
  const type = String.fromCharCode(message[0] as number);
  if (type !== QUERY && type !== PARSE) return undefined;
  const from = type === QUERY ? TYPED_HEADER_BYTES : message.indexOf(0, TYPED_HEADER_BYTES) + 1; // after a name
  return message.toString('utf8', from, message.indexOf(0, from));
}

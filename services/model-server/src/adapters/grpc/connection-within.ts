import { Duplex } from 'node:stream';

/** Two ends of a connection that never leaves the process: what is written to one is read from the other. */
export function connectionWithin(): [Duplex, Duplex] {
  const near = new End();
  const far = new End();
  near.other = far;
  far.other = near;
  return [near, far];
}

class End extends Duplex {
  other: End | undefined;
  private whenRead: (() => void) | undefined;

  override _read(): void {
    const written = this.whenRead;
    this.whenRead = undefined;
    written?.();
  }

  /** Done when the other end has room again, so that a slow reader slows the writer. */
  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    if (!this.other || this.other.push(chunk)) done();
    else this.other.whenRead = done;
  }

  override _final(done: () => void): void {
    this.other?.push(null);
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const { other } = this;
    this.other = undefined;
    other?.destroy();
    done(error);
  }
}

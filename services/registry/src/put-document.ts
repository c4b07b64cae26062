import { createHash } from 'node:crypto';
import type { Document } from '@vinaigrette/contracts/registry';
import { parseDocument } from '@vinaigrette/documents';
import { Problem } from '@vinaigrette/problems';
import type { CheckFit } from './check-fit.js';
import { decideNumber } from './domain/decide-number.js';
import { checkActor, checkName } from './domain/names.js';
import type { Documents } from './documents.js';

const BODY_BYTES_MAX = 1024 * 1024;

export interface DocumentPut {
  kind: string;
  name: string;
  bodyJson: string;
  actor: string;
}

/** Gives a document's body the next number of its name; the very same body again answers with the number it has. */
export class PutDocument {
  constructor(
    private readonly documents: Documents,
    private readonly fit: CheckFit,
  ) {}

  async put({ kind, name, bodyJson, actor }: DocumentPut): Promise<{ document: Document; created: boolean }> {
    checkName(name, 'name');
    checkActor(actor, 'actor');
    const body = Buffer.from(bodyJson);
    if (body.byteLength > BODY_BYTES_MAX) {
      throw new Problem('BODY_TOO_LARGE', `A document has at most ${BODY_BYTES_MAX} bytes, not ${body.byteLength}`, {
        field: 'bodyJson',
      });
    }
    await this.fit.check(kind, name, parseDocument(kind, jsonOf(bodyJson)));
    const sha256 = createHash('sha256').update(body).digest('hex');
    return this.documents.add({ kind, name, bodyJson, sha256, createdBy: actor }, decideNumber);
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Problem('DOCUMENT_INVALID', `The body is not JSON: ${(cause as Error).message}`, {
      field: 'bodyJson',
      cause,
    });
  }
}

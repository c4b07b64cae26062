import type { Document } from '@vinaigrette/contracts/registry';
import type { NumberDecision } from './domain/decide-number.js';
import type { VersionChoice } from './domain/names.js';

/** The versions of all documents. They are only ever added. */
export abstract class Documents {
  /** Adds a document under the number `decide` gives it; of two calls for one name, the second sees the first's. */
  abstract add(
    draft: DocumentDraft,
    decide: (same: number | undefined, highest: number) => NumberDecision,
  ): Promise<{ document: Document; created: boolean }>;
  abstract find(kind: string, name: string, choice: VersionChoice): Promise<Document | undefined>;
  /** By kind and name, newest first; kind undefined: every kind. */
  abstract list(kind?: string): Promise<Document[]>;
}

/** A document that has everything but its number and its time. */
export type DocumentDraft = Omit<Document, '$typeName' | '$unknown' | 'version' | 'createdAtMs'>;

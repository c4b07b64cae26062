import { Metadata, type ServerErrorResponse } from '@grpc/grpc-js';
import { grpcStatusOf, type Problem } from '@vinaigrette/problems';

/** Trailers are limited to a few KiB, and a message may quote what a caller wrote. */
const TEXT_MAX = 1_000;
const FIELD_MAX = 128;

/** A failure as gRPC tells it: `[CODE] message. Remedy: ...`, with code and field as metadata. No stack trace leaves. */
export function grpcErrorOf(problem: Problem): ServerErrorResponse {
  const metadata = new Metadata();
  metadata.set('problem-code', problem.code);
  if (problem.field !== undefined) {
    // Through a Buffer: a cut may halve a character, which encodeURIComponent refuses.
    metadata.set('problem-field', encodeURIComponent(Buffer.from(problem.field.slice(0, FIELD_MAX)).toString()));
  }
  // What gRPC clients with a retry policy wait for before they try again.
  if (problem.retryAfterMs !== undefined) metadata.set('grpc-retry-pushback-ms', String(problem.retryAfterMs));
  const message = problem.message.length > TEXT_MAX ? `${problem.message.slice(0, TEXT_MAX)}…` : problem.message;
  const details = `[${problem.code}] ${message}. Remedy: ${problem.remedy}`;
  return { name: 'Problem', message: details, code: grpcStatusOf(problem.kind), details, metadata };
}

import type { Interceptor } from '@connectrpc/connect';
import { Role } from '@vinaigrette/contracts/registry';
import type { Logger } from '@vinaigrette/edge';
import { problemOf } from '@vinaigrette/problems';
import { leastRole } from '../../domain/may-call.js';
import type { KeepKeys } from '../../keep-keys.js';

/** So frequent, and kept in so much detail elsewhere, that the audit would hold nothing else. */
const NOT_AUDITED = ['ReportRolloutCounts'];

/** Asks every call for its key, and keeps who called what may change something, whatever became of it. */
export function checkKeys(keys: KeepKeys, logger: Logger): Interceptor {
  return (next) => async (request) => {
    const method = request.method.name;
    const { subject, actor } = request.stream ? { subject: '', actor: '' } : namedIn(request.message);
    const authorization = request.header.get('authorization');
    if (leastRole(method) === Role.READ || NOT_AUDITED.includes(method)) {
      await keys.open(authorization, method, subject);
      return next(request);
    }
    const line = { method, actor: actor.slice(0, 200), key: '', subject: subject.slice(0, 64) };
    let call = keys.audited(line);
    let outcome = 'ok';
    try {
      call = keys.audited({ ...line, key: await keys.open(authorization, method, subject) });
      return await call.run(() => next(request));
    } catch (error) {
      outcome = problemOf(error).code;
      throw error;
    } finally {
      await call
        .end(outcome)
        .catch((error) => logger.error({ err: error, method, actor, outcome }, 'a call is missing in the audit'));
    }
  };
}

/** Which model or document a message is about, and who says to have sent it. */
function namedIn(message: object): { subject: string; actor: string } {
  const fields = message as Record<string, unknown>;
  const evaluation = (fields.evaluation ?? {}) as Record<string, unknown>;
  const subject = (fields.subject ?? {}) as Record<string, unknown>;
  const first = (...values: unknown[]) =>
    String(values.find((value) => typeof value === 'string' && value !== '') ?? '');
  return {
    subject: printable(first(subject.name, fields.model, evaluation.model, 'kind' in fields ? fields.name : undefined)),
    actor: printable(first(fields.actor, evaluation.actor, fields.source)),
  };
}

const printable = (text: string): string => text.replaceAll(/\p{Cc}/gu, ' ');

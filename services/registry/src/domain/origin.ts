import type { FindVersionsRequest } from '@vinaigrette/contracts/registry';
import { Problem } from '@vinaigrette/problems';
import type { Origin } from '../lineages.js';
import { checkName } from './names.js';

const LENGTH_MAX = 1_000;

/** The part of a lineage that is looked for. Throws BODY_INVALID when none is named. */
export function originOf({ origin }: FindVersionsRequest): Origin {
  switch (origin.case) {
    case 'dataDigest':
      return { data: [{ digest: told(origin.value, 'data_digest') }] };
    case 'commit':
      return { code: { commit: told(origin.value, 'commit') } };
    case 'pipelineDigest':
      return { pipeline: { digest: told(origin.value, 'pipeline_digest') } };
    case 'parentRun':
      return { parentRun: told(origin.value, 'parent_run') };
    case 'parent': {
      const { model, version } = origin.value;
      checkName(model, 'parent.model');
      return { parent: { model, version } };
    }
    case 'validatedWith': {
      const { kind, name, version } = origin.value;
      checkName(kind, 'validated_with.kind');
      checkName(name, 'validated_with.name');
      return { validatedWith: [{ kind, name, version }] };
    }
    default:
      throw new Problem(
        'BODY_INVALID',
        'Say what the versions come from: a data set, a commit, a version, a run or a document',
        {
          field: 'origin',
        },
      );
  }
}

function told(text: string, field: string): string {
  if (text !== '' && text.length <= LENGTH_MAX && !text.includes('\0')) return text;
  throw new Problem('BODY_INVALID', `${field} has 1 to ${LENGTH_MAX} characters`, { field });
}

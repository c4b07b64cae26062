import { appendFile, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Trial } from '@vinaigrette/pipeline';
import { Problem } from '@vinaigrette/problems';

const CALL_TIMEOUT_MS = 30_000;

/** Where every trial of a search is written down. */
export abstract class RunLog {
  abstract add(trial: Trial): Promise<void>;
}

/** A line of JSON for each trial. */
export class FileRunLog extends RunLog {
  constructor(private readonly path: string) {
    super();
  }

  override async add(trial: Trial): Promise<void> {
    await mkdir(dirname(this.path), { recursive: true });
    const score = Number.isNaN(trial.score) ? null : trial.score;
    await appendFile(this.path, `${JSON.stringify({ at: new Date().toISOString(), ...trial, score })}\n`);
  }
}

/** A run for each trial, over MLflow's REST API, which the registry speaks as well. */
export class MlflowRunLog extends RunLog {
  private constructor(
    private readonly url: string,
    private readonly experimentId: string,
    private readonly scoredBy: string,
  ) {
    super();
  }

  /** The experiment of that name, made where it is missing. Throws UPSTREAM_UNAVAILABLE. */
  static async open(trackingUrl: string, experiment: string, scoredBy: string): Promise<MlflowRunLog> {
    const url = `${trackingUrl.replace(/\/$/, '')}/api/2.0/mlflow`;
    const query = `experiments/get-by-name?experiment_name=${encodeURIComponent(experiment)}`;
    const found = await call<{ experiment?: { experiment_id: string } }>(url, query);
    const id = found.experiment?.experiment_id;
    if (id !== undefined) return new MlflowRunLog(url, id, scoredBy);
    const { experiment_id } = await call<{ experiment_id: string }>(url, 'experiments/create', { name: experiment });
    return new MlflowRunLog(url, experiment_id, scoredBy);
  }

  override async add({ number, candidate, share, score, failure }: Trial): Promise<void> {
    const now = Date.now();
    const created = await call<{ run: { info: { run_id: string } } }>(this.url, 'runs/create', {
      experiment_id: this.experimentId,
      run_name: `trial ${number} on ${share.toFixed(3)} of the rows`,
      start_time: now,
      tags: failure === undefined ? [] : [{ key: 'failure', value: failure }],
    });
    const run_id = created.run.info.run_id;
    const params = Object.entries({ ...candidate, rowShare: share }).map(([key, value]) => ({
      key,
      value: String(value),
    }));
    const metrics = Number.isNaN(score)
      ? []
      : [{ key: metricName(this.scoredBy), value: score, timestamp: now, step: 0 }];
    await call(this.url, 'runs/log-batch', { run_id, params, metrics });
    const status = failure === undefined ? 'FINISHED' : 'FAILED';
    await call(this.url, 'runs/update', { run_id, status, end_time: Date.now() });
  }
}

/** MLflow takes letters, digits, `_-. /` in the name of a metric. */
const metricName = (text: string): string => text.replace(/[^\w\-. /]/g, '_');

/** GET without a body. An experiment that is not there is an answer without one. */
async function call<Answer>(url: string, path: string, body?: object): Promise<Answer> {
  const request = body && {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  };
  const answer = await fetch(`${url}/${path}`, { ...request, signal: AbortSignal.timeout(CALL_TIMEOUT_MS) }).catch(
    (cause: Error) => {
      throw new Problem('UPSTREAM_UNAVAILABLE', `${url} does not answer: ${cause.message}`, { cause });
    },
  );
  if (!body && answer.status === 404) return {} as Answer;
  if (!answer.ok) {
    throw new Problem('UPSTREAM_UNAVAILABLE', `${url}/${path} answered ${answer.status}: ${await answer.text()}`);
  }
  return (await answer.json()) as Answer;
}

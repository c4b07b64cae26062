import { DuckDBInstance } from '@duckdb/node-api';
import type { PerformancePolicy } from '@vinaigrette/documents';
import { Problem } from '@vinaigrette/problems';
import { readGraph, rowOf, type LoggedRow, type Signature } from '@vinaigrette/signature';
import { ModelSession } from '@vinaigrette/training';
import { judgeAnswers, judgeSegments, type JudgedRow } from '../domain/judge-answers.js';
import { inputsOfRows } from '../domain/row-inputs.js';

const BATCH_ROWS = 256;

interface SetRow {
  segments: string[];
  inputs: LoggedRow;
  truth: JudgedRow['truth'];
}

/** Numbers of the whole set and of its sub-populations. */
export interface Judgement {
  rows: number;
  metrics: Record<string, number>;
  segments: { segment: string; rows: number; metrics: Record<string, number> }[];
}

/** Asks a version every row of a validation set, in this process, and judges what it says. Throws SIGNATURE_MISMATCH. */
export async function judgeVersion(onnx: Uint8Array, set: string, task: PerformancePolicy['task']): Promise<Judgement> {
  const { signature, model } = readGraph(onnx);
  const ranking = task.kind === 'ranking' ? rankingOutput(signature) : '';
  const session = await ModelSession.open(model);
  try {
    const judged: JudgedRow[] = [];
    const rows = await readSet(set);
    for (let first = 0; first < rows.length; first += BATCH_ROWS) {
      const batch = rows.slice(first, first + BATCH_ROWS);
      const outputs = await session.run(
        inputsOfRows(
          signature,
          batch.map(({ inputs }) => inputs),
        ),
      );
      batch.forEach(({ segments, truth }, row) => {
        const answer = Object.entries(outputs).map(([name, tensor]) => [name, rowOf(tensor, row)] as const);
        judged.push({ segments, truth, answer: Object.fromEntries(answer) });
      });
    }
    return { ...judgeAnswers(task, judged, ranking), segments: judgeSegments(task, judged, ranking) };
  } finally {
    await session.close();
  }
}

/** The output that lists what to show, best first: the only list of texts. */
export function rankingOutput({ outputs }: Signature): string {
  const lists = outputs.filter(({ datatype, shape }) => datatype === 'BYTES' && shape.length === 2);
  const [only, ...others] = lists;
  if (only && others.length === 0) return only.name;
  throw new Problem(
    'SIGNATURE_MISMATCH',
    `A ranking is judged by its one list of texts; this version has ${lists.length}`,
  );
}

async function readSet(file: string): Promise<SetRow[]> {
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  try {
    const reader = await connection.runAndReadAll(
      'SELECT segments, logged, number, text, skus FROM read_parquet($1) ORDER BY prediction_id',
      [file],
    );
    return reader.getRowsJS().map(([segments, logged, number, text, skus]) => ({
      segments: (segments ?? []) as string[],
      inputs: JSON.parse(String(logged)) as LoggedRow,
      truth: { number: number as number | null, text: String(text ?? ''), skus: (skus ?? []) as string[] },
    }));
  } finally {
    connection.closeSync();
  }
}

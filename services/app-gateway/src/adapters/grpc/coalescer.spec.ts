import { describe, expect, it } from '@jest/globals';
import type { Tensors } from '@vinaigrette/serving';
import { rowOf, tensorOf } from '@vinaigrette/signature';
import { setImmediate as turn } from 'node:timers/promises';
import type { ModelAnswer } from '../../domain/model-answer.js';
import { Coalescer } from './coalescer.js';

/** A model of texts: each row answers what `say` makes of its texts, alone or with the whole batch in view. */
function model(say: (texts: string[], batch: string[][]) => string, rowsMax = Infinity) {
  const calls: number[] = [];
  const told = { version: 1, calls, rowsMax };
  const call = async ({ items }: Tensors): Promise<ModelAnswer> => {
    const rows = items!.shape[0]!;
    calls.push(rows);
    const batch = Array.from({ length: rows }, (_, row) =>
      (rowOf(items!, row) as string[]).filter((text) => text !== ''),
    );
    await turn();
    if (rows > told.rowsMax) return { ok: false, reason: 'refused', why: 'batch-size must be <= 8' };
    if (batch.flat().includes('bad')) return { ok: false, reason: 'refused', why: 'bad' };
    const said = batch.map((texts) => say(texts, batch));
    return { ok: true, version: told.version, outputs: { said: tensorOf('BYTES', [rows], said) } };
  };
  return { told, coalescer: new Coalescer(call) };
}

const question = (...skus: string[]): Tensors => ({ items: tensorOf('BYTES', [1, skus.length], skus) });
const soon = () => performance.now() + 30_000;

async function ask(coalescer: Coalescer, questions: readonly string[][]): Promise<string[]> {
  const answers = await Promise.all(questions.map((skus) => coalescer.ask(question(...skus), soon())));
  return answers.map((answer) => (answer.ok ? (answer.outputs['said']!.data[0] as string) : answer.reason));
}
const rows = Array.from({ length: 80 }, (_, at) => (at % 2 ? [`a${at}`] : [`a${at}`, `b${at}`]));
const joined = rows.map((texts) => texts.join('+'));

/** Rows of the calls of one round of eighty questions, once it is settled how they may be joined. */
async function settled(coalescer: Coalescer, calls: number[]): Promise<number[]> {
  for (let round = 0; round < 6; round++) await ask(coalescer, rows);
  calls.length = 0;
  await ask(coalescer, rows);
  return calls;
}

describe('Coalescer', () => {
  it('joins what waits once joined rows were seen to answer as they do alone, of different lengths too', async () => {
    const { told, coalescer } = model((texts) => texts.join('+'));
    expect(await ask(coalescer, rows)).toEqual(joined);
    expect(await settled(coalescer, told.calls)).toEqual([64, 16]);
    expect(await ask(coalescer, rows)).toEqual(joined);
  });

  it('never joins a model whose rows answer differently in company', async () => {
    const { told, coalescer } = model((texts, batch) => `${texts.join('+')} of ${batch.length}`);
    const alone = joined.map((text) => `${text} of 1`);
    expect(await settled(coalescer, told.calls)).toEqual(Array<number>(80).fill(1));
    expect(await ask(coalescer, rows)).toEqual(alone);
  });

  it.each([
    { rowsMax: 8, joins: Array<number>(10).fill(8) },
    { rowsMax: 2, joins: Array<number>(40).fill(2) },
    { rowsMax: 1, joins: Array<number>(80).fill(1) },
  ])('joins no more rows than a server takes: $rowsMax', async ({ rowsMax, joins }) => {
    const { told, coalescer } = model((texts) => texts.join('+'), rowsMax);
    expect(await ask(coalescer, rows)).toEqual(joined);
    for (let round = 0; round < 40; round++) await ask(coalescer, rows);
    expect(await settled(coalescer, told.calls)).toEqual(joins);
    expect(await ask(coalescer, rows)).toEqual(joined);
  });

  it('finds out later, too, and answers everybody meanwhile', async () => {
    const { told, coalescer } = model((texts) => texts.join('+'));
    await settled(coalescer, told.calls);
    told.rowsMax = 16;
    expect(await ask(coalescer, rows)).toEqual(joined);
    for (let round = 0; round < 2; round++) expect(await ask(coalescer, rows)).toEqual(joined);
    told.calls.length = 0;
    expect(await ask(coalescer, rows)).toEqual(joined);
    expect(told.calls).toEqual(Array<number>(5).fill(16));
  });

  it('answers the neighbours of a question the model refuses', async () => {
    const { told, coalescer } = model((texts) => texts.join('+'));
    await settled(coalescer, told.calls);
    expect(await ask(coalescer, [['a'], ['bad'], ['b', 'c']])).toEqual(['a', 'refused', 'b+c']);
  });

  it('proves a version anew: an alias may move to one whose rows are not independent', async () => {
    const { told, coalescer } = model((texts, batch) => `${texts.join('+')}${told.version === 2 ? batch.length : ''}`);
    await settled(coalescer, told.calls);
    told.version = 2;
    const alone = joined.map((text) => `${text}1`);
    for (let round = 0; round < 4; round++) expect(await ask(coalescer, rows)).toEqual(alone);
  });

  it('answers each question by its own deadline, whatever the call does', async () => {
    const never = new Coalescer(() => new Promise(() => undefined));
    const asked = [20, 5, 10].map(async (ms) => {
      const deadlineMs = performance.now() + ms;
      expect(await never.ask(question('a'), deadlineMs)).toMatchObject({ ok: false, reason: 'timeout' });
      expect(performance.now()).toBeGreaterThanOrEqual(deadlineMs);
    });
    await Promise.all(asked);
  });
});

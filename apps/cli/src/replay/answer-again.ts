import { GatherCircumstances, type ReadyUseCase, type ShopTables } from '@vinaigrette/app-gateway/parts';
import type { PredictionUseCase, RecommendationUseCase } from '@vinaigrette/documents';
import { problemOf } from '@vinaigrette/problems';
import type { CatalogueRow } from '@vinaigrette/serving';
import type { AskVersion } from '../adapters/ask-version.js';
import { AskRows } from '../batch/ask-rows.js';
import { LOOKUP_MS, patient } from '../batch/score-rows.js';
import { itemsOf, offeredItems, outputsOf, questionOf, type RowQuestion } from '../domain/answer-row.js';
import { rowOfRequest, type LoggedRequest, type Replayed } from '../domain/replayed.js';

const ROWS_AT_A_TIME = 1_024;

/** Questions asked one by one, to see how long a version takes for one. */
const TIMED = 100;

/** One answer a request, in their order, or why there is none. */
export type Again = { ok: true; answer: Replayed } | { ok: false; why: string };

export interface AnsweredAgain {
  answers: Again[];
  /** Rows of the catalogue by SKU, of the items shown that have one. */
  catalogue: Map<string, CatalogueRow>;
  /** Of some questions, asked one after the other: how long the model server took, in milliseconds. */
  timesMs: number[];
}

/** Answers logged requests once more, as of the time they came. */
export async function answerAgain(
  settled: ReadyUseCase,
  requests: readonly LoggedRequest[],
  version: AskVersion,
  tables: ShopTables,
): Promise<AnsweredAgain> {
  const useCase = { ...settled, document: patient(settled.document) };
  const shop = new GatherCircumstances(tables);
  const rows = new AskRows(version, useCase.document.kind === 'recommendation' ? 'padded' : 'exact');
  const answers = new Array<Again>(requests.length);
  const catalogue = new Map<string, CatalogueRow>();
  const timesMs: number[] = [];
  for (let from = 0; from < requests.length; from += ROWS_AT_A_TIME) {
    const questions: { at: number; question: RowQuestion }[] = [];
    for (let at = from; at < Math.min(from + ROWS_AT_A_TIME, requests.length); at++) {
      const question = await questionAgain(useCase, requests[at]!, shop);
      if (question.ok) questions.push({ at, question: question.asked });
      else answers[at] = question;
    }
    for (const { question } of questions.slice(0, Math.max(0, TIMED - timesMs.length))) {
      const startedMs = performance.now();
      await version.ask(question.inputs);
      timesMs.push(performance.now() - startedMs);
    }
    const answered = await rows.each(questions.map(({ question }) => question.inputs));
    const offered = questions.map(({ question }, place) => {
      const answer = answered[place]!;
      if (!answer.ok || useCase.document.kind === 'prediction') return undefined;
      return offeredItems(useCase as ReadyUseCase<RecommendationUseCase>, question, answer.outputs);
    });
    const skus = [
      ...offered.flatMap((offer) => offer?.items ?? []).map(({ sku }) => sku),
      ...(useCase.ruleSet?.rules.pinned ?? []),
    ];
    for (const [sku, row] of await shop.catalogue(useCase.document, [...new Set(skus)], LOOKUP_MS))
      catalogue.set(sku, row);
    for (const [place, { at, question }] of questions.entries()) {
      const [answer, offer] = [answered[place]!, offered[place]];
      if (!answer.ok) answers[at] = answer;
      else if (offer) {
        const { shown, fired } = itemsOf(useCase as ReadyUseCase<RecommendationUseCase>, question, offer, catalogue);
        answers[at] = { ok: true, answer: { shown: shown.map(({ sku }) => sku), outputs: {}, fired } };
      } else {
        const { outputs, fired } = outputsOf(useCase as ReadyUseCase<PredictionUseCase>, question, answer.outputs);
        answers[at] = { ok: true, answer: { shown: [], outputs, fired } };
      }
    }
  }
  return { answers, catalogue, timesMs };
}

/** A request that a rule refuses has no answer to compare either. */
async function questionAgain(
  useCase: ReadyUseCase,
  request: LoggedRequest,
  shop: GatherCircumstances,
): Promise<{ ok: true; asked: RowQuestion } | { ok: false; why: string }> {
  try {
    const row = rowOfRequest(useCase, request);
    const customer = row.unit === undefined ? undefined : { id: row.unit };
    const { basket, inputs, context } = row;
    const said = { context, customer, basket, inputs, nowMs: request.occurredAtMs };
    return { ok: true, asked: questionOf(useCase, row, await shop.of(useCase.document, said, LOOKUP_MS)) };
  } catch (error) {
    return { ok: false, why: problemOf(error).message };
  }
}

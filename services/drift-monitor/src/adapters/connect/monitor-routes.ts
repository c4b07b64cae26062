import { create } from '@bufbuild/protobuf';
import type { ConnectRouter } from '@connectrpc/connect';
import { DriftMonitorService, QuestionSchema, type Question } from '@vinaigrette/contracts/monitor';
import type { Actions } from '../../actions.js';
import type { Alerts } from '../../alerts.js';
import { readAlertsQuery, readBy, readDriftQuery, readRejudgement } from '../../domain/drift-query.js';
import { readLabels, readMost } from '../../domain/label.js';
import type { HideRule } from '../../hide-rule.js';
import type { Labels } from '../../labels.js';
import type { ListModels } from '../../list-models.js';
import { LOOKS_MAX, type Looks } from '../../looks.js';
import type { Pages } from '../../pages.js';
import type { ReadDriftMap } from '../../read-drift-map.js';
import type { ReadDrift } from '../../read-drift.js';
import type { ReadMeasures } from '../../read-measures.js';
import type { ReadPerformance } from '../../read-performance.js';
import type { RejudgeDrift } from '../../rejudge-drift.js';
import {
  actionMessage,
  candidateMessage,
  comparisonMessage,
  hitRateMessage,
  kpisMessage,
  lookMessage,
  measuresMessage,
  rulesMessage,
  worthMessage,
} from './measure-messages.js';
import { alertMessage, driftMapMessage, driftMessage, modelMessage, pageMessage, rejudgeMessage } from './messages.js';

export interface UseCases {
  drift: ReadDrift;
  map: ReadDriftMap;
  rejudge: RejudgeDrift;
  alerts: Alerts;
  looks: Looks;
  measures: ReadMeasures;
  hideRule: HideRule;
  actions: Actions;
  labels: Labels;
  models: ListModels;
  performance: ReadPerformance;
  pages: Pages;
  now: () => number;
}

/** The service as every protocol serves it: gRPC on its port, Connect, JSON and gRPC-Web on the HTTP port. */
export function monitorRoutes(parts: UseCases): (router: ConnectRouter) => void {
  const { drift, map, rejudge, alerts, looks, measures, hideRule, actions, labels, models, performance, pages, now } =
    parts;
  const asked = (question: Question | undefined) => readDriftQuery(queryOf(question), now());
  return (router) =>
    router.service(DriftMonitorService, {
      async getDrift({ model, version, variant, segment, window, fromMs, toMs, against }) {
        const query = { model, version, variant, segment, window, against, ...rangeOf(fromMs, toMs) };
        return { drift: driftMessage(await drift.read(readDriftQuery(query, now()))) };
      },

      async getDriftMap({ model, version, variant, segment, window, fromMs, toMs, by }) {
        const query = { model, version, variant, segment, window, ...rangeOf(fromMs, toMs) };
        return { map: driftMapMessage(await map.read(readDriftQuery(query, now()), readBy(by))) };
      },

      async rejudgeDrift({ model, version, fromMs, toMs, policyJson }) {
        const { selection, range, policy } = readRejudgement(
          { model, version, ...rangeOf(fromMs, toMs) },
          policyJson,
          now(),
        );
        return rejudgeMessage(await rejudge.run(selection, range, policy));
      },

      async listAlerts({ model }) {
        return { alerts: (await alerts.list(readAlertsQuery({ model }))).map(alertMessage) };
      },

      async listLooks({ question }) {
        const { selection, range } = asked(question);
        const version = await drift.versionOf(selection);
        return { looks: (await looks.list({ ...selection, version }, range, LOOKS_MAX)).map(lookMessage) };
      },

      async listComparisons({ model }) {
        return { comparisons: (await looks.comparisons(readAlertsQuery({ model }))).map(comparisonMessage) };
      },

      getMeasures: async ({ question }) => measuresMessage(await measures.measures(asked(question))),
      listKpis: async ({ question }) => kpisMessage(await measures.kpisOf(asked(question))),
      getWorth: async ({ question, kpi }) => worthMessage(await measures.worth(asked(question), kpi)),
      listRules: async ({ question }) => rulesMessage(await measures.rules(asked(question))),

      async hideRule({ model, version, rule, ruleSet, reason }) {
        const { selection } = asked(create(QuestionSchema, { model, version }));
        return hideRule.run(model, await drift.versionOf(selection), rule, { ruleSet, reason });
      },

      async listActions({ model }) {
        return { actions: (await actions.list(readAlertsQuery({ model }))).map(actionMessage) };
      },

      async listLabelCandidates({ question, most }) {
        const found = await labels.candidates(asked(question), readMost(most));
        return { candidates: found.map(candidateMessage) };
      },

      importLabels({ labels: told, source }) {
        const read = told.map(({ predictionId, number, text, labelledAtMs }) => ({
          predictionId,
          ...(number === undefined ? {} : { number }),
          ...(text === '' ? {} : { text }),
          ...(labelledAtMs === 0n ? {} : { labelledAtMs: Number(labelledAtMs) }),
        }));
        return labels.take(readLabels({ labels: read, source }));
      },

      listModels: async () => ({ models: (await models.list()).map(modelMessage) }),
      listPages: async ({ model }) => ({ pages: (await pages.list(readAlertsQuery({ model }))).map(pageMessage) }),

      async getPerformance({ question }) {
        const { selection, range, answered, fallback } = await performance.read(asked(question));
        const { model, version } = selection;
        const [fromMs, toMs] = [BigInt(range.fromMs), BigInt(range.toMs)];
        return { model, version, fromMs, toMs, answered: hitRateMessage(answered), fallback: hitRateMessage(fallback) };
      },
    });
}

const queryOf = ({ fromMs, toMs, model, version, variant, segment, window }: Question = create(QuestionSchema)) => ({
  ...{ model, version, variant, segment, window },
  ...rangeOf(fromMs, toMs),
});

const rangeOf = (fromMs: bigint, toMs: bigint) =>
  fromMs === 0n && toMs === 0n ? {} : { from: String(fromMs), to: String(toMs) };

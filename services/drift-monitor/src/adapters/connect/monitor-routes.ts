import type { ConnectRouter } from '@connectrpc/connect';
import { DriftMonitorService } from '@vinaigrette/contracts/monitor';
import type { Alerts } from '../../alerts.js';
import { readAlertsQuery, readBy, readDriftQuery, readRejudgement } from '../../domain/drift-query.js';
import type { ReadDriftMap } from '../../read-drift-map.js';
import type { ReadDrift } from '../../read-drift.js';
import type { RejudgeDrift } from '../../rejudge-drift.js';
import { alertMessage, driftMapMessage, driftMessage, rejudgeMessage } from './messages.js';

export interface UseCases {
  drift: ReadDrift;
  map: ReadDriftMap;
  rejudge: RejudgeDrift;
  alerts: Alerts;
  now: () => number;
}

/** The service as every protocol serves it: gRPC on its port, Connect, JSON and gRPC-Web on the HTTP port. */
export function monitorRoutes({ drift, map, rejudge, alerts, now }: UseCases): (router: ConnectRouter) => void {
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
    });
}

const rangeOf = (fromMs: bigint, toMs: bigint) =>
  fromMs === 0n && toMs === 0n ? {} : { from: String(fromMs), to: String(toMs) };

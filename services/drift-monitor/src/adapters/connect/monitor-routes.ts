import type { ConnectRouter } from '@connectrpc/connect';
import { DriftMonitorService } from '@vinaigrette/contracts/monitor';
import type { Alerts } from '../../alerts.js';
import { readAlertsQuery, readDriftQuery } from '../../domain/drift-query.js';
import type { ReadDrift } from '../../read-drift.js';
import { alertMessage, driftMessage } from './messages.js';

/** The service as every protocol serves it: gRPC on its port, Connect, JSON and gRPC-Web on the HTTP port. */
export function monitorRoutes(drift: ReadDrift, alerts: Alerts, now: () => number): (router: ConnectRouter) => void {
  return (router) =>
    router.service(DriftMonitorService, {
      async getDrift({ model, version, variant, segment, window, fromMs, toMs }) {
        const ranged = fromMs !== 0n || toMs !== 0n;
        const range = ranged ? { from: String(fromMs), to: String(toMs) } : {};
        const query = readDriftQuery({ model, version, variant, segment, window, ...range }, now());
        return { drift: driftMessage(await drift.read(query)) };
      },

      async listAlerts({ model }) {
        return { alerts: (await alerts.list(readAlertsQuery({ model }))).map(alertMessage) };
      },
    });
}

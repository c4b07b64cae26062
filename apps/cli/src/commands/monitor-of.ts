import { createClient } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-node';
import { DriftMonitorService } from '@vinaigrette/contracts/monitor';
import { showKey } from '@vinaigrette/edge/connect';
import { readConfig } from '../config.js';

const TIMEOUT_MS = 120_000;

/** The drift monitor at MONITOR_URL; MONITOR_OPERATOR_KEY is shown where it is set. */
export function openMonitor() {
  const { MONITOR_URL: baseUrl, MONITOR_OPERATOR_KEY: key } = readConfig(process.env);
  const transport = createConnectTransport({
    ...{ baseUrl, httpVersion: '1.1', defaultTimeoutMs: TIMEOUT_MS },
    interceptors: [showKey(key)],
  });
  return createClient(DriftMonitorService, transport);
}

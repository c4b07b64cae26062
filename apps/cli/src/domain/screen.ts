import type { Ports } from './plan-house.js';

/** What one screen tells about a running house. */
export interface House {
  ports: Ports;
  database: string;
  eventLog: string;
  logs: string;
  /** What it still waits for; empty when it can answer. */
  missing: string[];
  seconds: number;
}

/** A basket of the demo shop that the first model has a rule for. */
export const demoBasket = ['milk'];

/** What runs where, how to try it, and how to stop it: at most 24 lines of at most 110 characters. */
export function screen({ ports, database, eventLog, logs, missing, seconds }: House): string {
  const http = (port: number) => `http://127.0.0.1:${port}`;
  const grpc = (port: number) => `grpc 127.0.0.1:${port}`;
  const services = [
    ['app-gateway', http(ports.GATEWAY_HTTP_PORT), '', 'recommendations; its API: /docs'],
    [
      'model-server',
      http(ports.MODEL_SERVER_HTTP_PORT),
      grpc(ports.MODEL_SERVER_GRPC_PORT),
      'Open Inference Protocol v2',
    ],
    ['registry', http(ports.REGISTRY_HTTP_PORT), grpc(ports.REGISTRY_GRPC_PORT), 'versions, aliases, documents'],
    ['drift-monitor', http(ports.MONITOR_HTTP_PORT), grpc(ports.MONITOR_GRPC_PORT), 'drift and alerts'],
  ]
    .map(
      ([name = '', web = '', rpc = '', what = '']) => `  ${name.padEnd(15)}${web.padEnd(24)}${rpc.padEnd(22)}${what}`,
    )
    .join('\n');
  return `
${missing.length === 0 ? 'Vinaigrette runs, ready' : `NOT READY (${missing.join('; ')})`} after ${seconds.toFixed(1)} s

${services}
  PostgreSQL     ${database}
  event log      ${eventLog}

  console        ${http(ports.MONITOR_HTTP_PORT)}/
  logs           ${logs}/<service>.log

Try it:
  curl -s ${http(ports.GATEWAY_HTTP_PORT)}/v1/recommendations -H 'content-type: application/json' \\
    -d '${JSON.stringify({ basket: demoBasket })}'

  npx vinaigrette --help     models, documents and drift from the command line

Ctrl-C stops everything in order.
`;
}

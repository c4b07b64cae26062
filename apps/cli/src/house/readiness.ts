import { setTimeout as sleep } from 'node:timers/promises';
import type { Ports } from '../domain/plan-house.js';

interface Readiness {
  missing?: string[];
  useCases?: { name: string; model: { name: string } }[];
  models?: { name: string; ready: boolean }[];
}

/**
 * Waits until a recommendation would be answered by a model: the gateway has its use case, and the model server serves
 * the model it asks for. Answers with what is missing after `timeoutMs`; empty when nothing is.
 */
export async function waitUntilReady(ports: Ports, timeoutMs: number): Promise<string[]> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const missing = await whatIsMissing(ports);
    if (missing.length === 0 || performance.now() > deadline) return missing;
    await sleep(50);
  }
}

async function whatIsMissing(ports: Ports): Promise<string[]> {
  const [gateway, server, monitor] = await Promise.all(
    [ports.GATEWAY_HTTP_PORT, ports.MODEL_SERVER_HTTP_PORT, ports.MONITOR_HTTP_PORT].map(ask),
  );
  const useCase = gateway?.body.useCases?.find(({ name }) => name === 'recommendations');
  const model = useCase && server?.body.models?.find(({ name }) => name === useCase.model.name);
  return [
    ...(gateway?.ok ? [] : (gateway?.body.missing ?? ['app-gateway'])),
    ...(gateway?.ok && !useCase ? ['the use case recommendations'] : []),
    ...(useCase && !model?.ready ? [`the model ${useCase.model.name} in the model server`] : []),
    ...(monitor?.ok ? [] : ['drift-monitor']),
  ];
}

async function ask(port: number): Promise<{ ok: boolean; body: Readiness } | undefined> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(5_000) });
    return { ok: response.ok, body: (await response.json()) as Readiness };
  } catch {
    return undefined; // not there yet
  }
}

import { userInfo } from 'node:os';
import { createClient, type Client } from '@connectrpc/connect';
import { RegistryService } from '@vinaigrette/contracts/registry';
import { tlsOf } from '@vinaigrette/edge';
import { grpcTransport } from '@vinaigrette/edge/connect';
import { Registry } from '../adapters/registry.js';
import { readConfig } from '../config.js';

const CALL_TIMEOUT_MS = 30_000;

/** The registry that the environment names, spoken to as the person at the terminal. */
export function openRegistry(): Registry {
  const config = readConfig(process.env);
  const { REGISTRY_ADDRESS, REGISTRY_KEY } = config;
  return new Registry(REGISTRY_ADDRESS, personAtTheTerminal(), REGISTRY_KEY, tlsOf(config).client);
}

/** Its calls as the contract has them, for commands that add nothing to them. */
export function openCalls(timeoutMs = CALL_TIMEOUT_MS): { calls: Client<typeof RegistryService>; actor: string } {
  const config = readConfig(process.env);
  const options = { key: config.REGISTRY_KEY, tls: tlsOf(config).client, defaultTimeoutMs: timeoutMs };
  return {
    calls: createClient(RegistryService, grpcTransport(config.REGISTRY_ADDRESS, options)),
    actor: personAtTheTerminal(),
  };
}

function personAtTheTerminal(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`; // a user without a name, as in many containers
  }
}

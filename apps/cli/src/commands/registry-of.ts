import { userInfo } from 'node:os';
import { tlsOf } from '@vinaigrette/edge';
import { Registry } from '../adapters/registry.js';
import { readConfig } from '../config.js';

/** The registry that the environment names, spoken to as the person at the terminal. */
export function openRegistry(): Registry {
  const config = readConfig(process.env);
  const { REGISTRY_ADDRESS, REGISTRY_KEY } = config;
  return new Registry(REGISTRY_ADDRESS, personAtTheTerminal(), REGISTRY_KEY, tlsOf(config).client);
}

function personAtTheTerminal(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`; // a user without a name, as in many containers
  }
}

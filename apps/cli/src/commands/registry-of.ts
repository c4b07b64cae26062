import { userInfo } from 'node:os';
import { Registry } from '../adapters/registry.js';
import { readConfig } from '../config.js';

/** The registry that the environment names, spoken to as the person at the terminal. */
export function openRegistry(): Registry {
  const { REGISTRY_ADDRESS, REGISTRY_KEY } = readConfig(process.env);
  return new Registry(REGISTRY_ADDRESS, personAtTheTerminal(), REGISTRY_KEY);
}

function personAtTheTerminal(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`; // a user without a name, as in many containers
  }
}

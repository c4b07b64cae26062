import { userInfo } from 'node:os';
import { Registry } from '../adapters/registry.js';
import { readConfig } from '../config.js';

/** The registry that the environment names, spoken to as the person at the terminal. */
export function openRegistry(): Registry {
  return new Registry(readConfig(process.env).REGISTRY_ADDRESS, personAtTheTerminal());
}

function personAtTheTerminal(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`; // a user without a name, as in many containers
  }
}

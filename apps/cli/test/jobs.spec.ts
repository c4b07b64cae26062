import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { Command } from 'commander';
import { parse } from 'yaml';
import { addBatch } from '../src/commands/batch.js';
import { addLearn } from '../src/commands/learn.js';
import { addRetrain } from '../src/commands/retrain.js';
import { root } from '../src/config.js';

interface Job {
  build?: { target: string };
  command: string[];
  environment: Record<string, string>;
}

const read = (file: string) => readFileSync(path.join(root, 'deploy', file), 'utf8');
const units = readdirSync(path.join(root, 'deploy/systemd'));
const services = units.filter((unit) => unit.endsWith('.service'));
const compose = parse(read('compose.yaml'), { merge: true }) as { services: Record<string, Job> };
const jobs = Object.entries(compose.services).filter(([, { build }]) => build?.target === 'jobs');

/** What a unit starts: the script, and the words after it. */
const started = (unit: string) =>
  /^ExecStart=\/usr\/bin\/node \/opt\/vinaigrette\/(\S+) (.+)$/m.exec(read(`systemd/${unit}`))?.slice(1) ?? [];

/** The command that the words begin with, and the words after its name. */
function commandOf(words: string[]): [Command, string[]] {
  const program = new Command();
  for (const add of [addBatch, addLearn, addRetrain]) add(program);
  let command = program;
  for (let at = 0; ; at++) {
    const next = command.commands.find((one) => one.name() === words[at]);
    if (!next) return [command, words.slice(at)];
    command = next;
  }
}

describe('what deploy/ runs beside the services', () => {
  it.each([
    ...services.map((unit) => ({ what: unit, words: (started(unit)[1] ?? '').split(' ') })),
    ...jobs.map(([name, { command }]) => ({ what: `compose.yaml: ${name}`, words: command })),
  ])('$what calls the command with options it has, and with all it wants', ({ words: all }) => {
    const [command, words] = commandOf(all);
    const said = words.filter((word) => word.startsWith('--')).map((word) => word.split('=')[0]);
    expect(said.length).toBeGreaterThan(0);
    expect(command.options.map(({ long }) => long)).toEqual(expect.arrayContaining(said));
    const wanted = command.options.filter(({ mandatory }) => mandatory).map(({ long }) => long);
    expect(said).toEqual(expect.arrayContaining(wanted));
  });

  it('learns, trains again and answers tables, both ways', () => {
    const begun = (words: string[]) => commandOf(words)[0].name();
    expect(services.map((unit) => begun((started(unit)[1] ?? '').split(' '))).sort()).toEqual([
      'learn',
      'retrain',
      'score',
    ]);
    expect(jobs.map(([, { command }]) => begun(command)).sort()).toEqual(['learn', 'retrain', 'score']);
  });

  it.each(services)('%s starts the script that is there', (unit) => {
    expect(started(unit)[0]).toBe('apps/cli/bin/vinaigrette.mjs');
  });

  it('has a service for each timer', () => {
    const timers = units.filter((unit) => unit.endsWith('.timer'));
    expect(timers).not.toHaveLength(0);
    expect(services).toEqual(expect.arrayContaining(timers.map((unit) => unit.replace('.timer', '.service'))));
  });

  it.each(jobs)('compose.yaml tells %s only what the command reads', (_, { environment }) => {
    const config = readFileSync(path.join(root, 'apps/cli/src/config.ts'), 'utf8');
    for (const name of Object.keys(environment)) {
      if (name !== 'KAFKA_BROKERS') expect(config).toMatch(new RegExp(`^\\s+${name}:`, 'm')); // of kafkaVariables
    }
  });
});

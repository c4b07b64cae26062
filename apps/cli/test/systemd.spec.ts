import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { Command } from 'commander';
import { addBatch } from '../src/commands/batch.js';
import { addLearn } from '../src/commands/learn.js';
import { addRetrain } from '../src/commands/retrain.js';
import { root } from '../src/config.js';

const folder = path.join(root, 'deploy/systemd');
const read = (unit: string) => readFileSync(path.join(folder, unit), 'utf8');
const services = readdirSync(folder).filter((unit) => unit.endsWith('.service'));
const started = (unit: string) =>
  /^ExecStart=\/usr\/bin\/node \/opt\/vinaigrette\/(\S+) (.+)$/m.exec(read(unit))?.slice(1) ?? [];

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

describe('deploy/systemd/', () => {
  it.each(services)('%s calls the command with options it has, and with all it wants', (unit) => {
    const [script, text = ''] = started(unit);
    expect(script).toBe('apps/cli/bin/vinaigrette.mjs');
    const [command, words] = commandOf(text.split(' '));
    const said = words.filter((word) => word.startsWith('--'));
    expect(command.options.map(({ long }) => long)).toEqual(expect.arrayContaining(said));
    const wanted = command.options.filter(({ mandatory }) => mandatory).map(({ long }) => long);
    expect(said).toEqual(expect.arrayContaining(wanted));
  });

  it('has a service for each timer', () => {
    const timers = readdirSync(folder).filter((unit) => unit.endsWith('.timer'));
    expect(timers).not.toHaveLength(0);
    expect(services).toEqual(expect.arrayContaining(timers.map((unit) => unit.replace('.timer', '.service'))));
  });
});

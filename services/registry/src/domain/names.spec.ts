import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import * as names from './names.js';

const invalid = (field: string) => expect.objectContaining({ code: 'BODY_INVALID', field });

describe('the naming rules', () => {
  it.each([
    { rule: names.checkName, good: 'basket', bad: 'Basket' },
    { rule: names.checkName, good: 'a'.repeat(64), bad: 'a'.repeat(65) },
    { rule: names.checkName, good: '2026-prices', bad: 'prices 2026' },
    { rule: names.checkName, good: '-', bad: '' },
    { rule: names.checkName, good: 'a', bad: 'a\n' },
    { rule: names.checkName, good: 'a', bad: '../a' },
    { rule: names.checkAliasName, good: 'champion', bad: '7' },
    { rule: names.checkAliasName, good: 'eu-canary-2', bad: '-canary' },
    { rule: names.checkAliasName, good: 'a'.repeat(64), bad: 'a'.repeat(65) },
    { rule: names.checkSha256, good: '0'.repeat(64), bad: 'A'.repeat(64) },
    { rule: names.checkSha256, good: 'f'.repeat(64), bad: `${'f'.repeat(62)}/.` },
    { rule: names.checkActor, good: 'Zoë', bad: ' ' },
    { rule: names.checkActor, good: 'a'.repeat(200), bad: 'a'.repeat(201) },
    { rule: names.checkActor, good: 'ci', bad: 'ci\u0000' },
    { rule: names.checkReason, good: 'hit rate +2 %\nin June', bad: '\n\t ' },
    { rule: names.checkReason, good: 'r'.repeat(2_000), bad: 'r'.repeat(2_001) },
    { rule: names.checkReason, good: 'why', bad: 'why\u001b[31m' },
    { rule: names.checkDescription, good: '', bad: '\u0000' },
    { rule: names.checkPath, good: 'model.onnx', bad: '/model.onnx' },
    { rule: names.checkPath, good: 'weights/layer 1.bin', bad: 'weights/../../model.onnx' },
    { rule: names.checkPath, good: '...', bad: '..' },
    { rule: names.checkPath, good: 'a.b/c', bad: './c' },
    { rule: names.checkPath, good: 'a/b', bad: 'a//b' },
    { rule: names.checkPath, good: 'a', bad: 'a/' },
    { rule: names.checkPath, good: 'a', bad: '' },
    { rule: names.checkPath, good: 'a', bad: 'a\\..\\b' },
    { rule: names.checkPath, good: 'a', bad: 'a\u0000' },
    { rule: names.checkPath, good: 'p'.repeat(255), bad: 'p'.repeat(256) },
  ])('$rule.name takes $good and refuses $bad', ({ rule, good, bad }) => {
    expect(() => rule(good, 'where')).not.toThrow();
    expect(() => rule(bad, 'where')).toThrow(invalid('where'));
  });

  it.each([
    { text: '1', choice: { version: 1 } },
    { text: '999999999', choice: { version: 999_999_999 } },
    { text: 'champion', choice: { alias: 'champion' } },
  ])('reads $text as $choice', ({ text, choice }) => {
    expect(names.versionChoice(text, 'version')).toEqual(choice);
  });

  it.each(['', '0', '-1', '01', '1.5', '1e3', '9999999999', 'Champion', 'a b'])('reads %p as no version', (text) => {
    expect(() => names.versionChoice(text, 'version')).toThrow(invalid('version'));
  });

  it('no path that passes leaves the folder it is laid out in', () => {
    const part = fc.oneof(fc.constantFrom('..', '.', '', 'a', '~'), fc.string({ maxLength: 3 }));
    fc.assert(
      fc.property(fc.array(part, { maxLength: 5 }), (parts) => {
        const path = parts.join('/');
        try {
          names.checkPath(path, 'path');
        } catch {
          return;
        }
        expect(new URL(encodeURIComponent(path).replaceAll('%2F', '/'), 'file:///srv/folder/').href).toMatch(
          /^file:\/\/\/srv\/folder\/./,
        );
      }),
    );
  });

  it('a message stays short, whatever it quotes', () => {
    expect(() => names.checkName('x'.repeat(100_000), 'name')).toThrow(/^.{1,200}$/);
  });
});

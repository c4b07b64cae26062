import { describe, expect, it } from '@jest/globals';
import { jsonPath } from './json-path.js';

describe('jsonPath()', () => {
  it.each([
    { path: [], text: '' },
    { path: ['basket'], text: 'basket' },
    { path: ['basket', 3], text: 'basket[3]' },
    { path: ['rules', 0, 'when', 'moments', 1], text: 'rules[0].when.moments[1]' },
    { path: [2, 'id'], text: '[2].id' },
  ])('spells $path as $text', ({ path, text }) => {
    expect(jsonPath(path)).toBe(text);
  });
});

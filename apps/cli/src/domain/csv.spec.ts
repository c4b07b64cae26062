import { describe, expect, it } from '@jest/globals';
import { csvCell, csvLine } from './csv.js';

describe('csvCell()', () => {
  it.each([
    { value: 'plain', cell: 'plain' },
    { value: 'a,b', cell: '"a,b"' },
    { value: 'say "hi"', cell: '"say ""hi"""' },
    { value: 'two\nlines', cell: '"two\nlines"' },
    { value: 1.5, cell: '1.5' },
    { value: NaN, cell: 'NaN' },
    { value: undefined, cell: '' },
    { value: null, cell: '' },
    { value: false, cell: 'false' },
    { value: ['a', 'b'], cell: '"[""a"",""b""]"' },
  ])('writes $value as $cell', ({ value, cell }) => expect(csvCell(value)).toBe(cell));
});

describe('csvLine()', () => {
  it('ends each line, also one of nothing but empty cells', () => {
    expect(csvLine([1, undefined, 'x'])).toBe('1,,x\n');
    expect(csvLine([undefined, undefined])).toBe(',\n');
  });
});

import { describe, expect, it } from '@jest/globals';
import { aliasOfStage, readStage, stageOf } from './stages.js';

describe('stages', () => {
  it.each([
    { held: [], archived: false, stage: 'None' },
    { held: [], archived: true, stage: 'Archived' },
    { held: ['canary'], archived: false, stage: 'None' },
    { held: ['staging'], archived: true, stage: 'Staging' },
    { held: ['staging', 'champion'], archived: false, stage: 'Production' },
  ])('of a version that holds $held is $stage', ({ held, archived, stage }) => {
    expect(stageOf(held, archived)).toBe(stage);
  });

  it('are read in any case, and name their alias', () => {
    expect(aliasOfStage(readStage('production'))).toBe('champion');
    expect(aliasOfStage(readStage('NONE'))).toBeUndefined();
    expect(() => readStage('kitchen')).toThrow(expect.objectContaining({ code: 'BODY_INVALID' }));
  });
});

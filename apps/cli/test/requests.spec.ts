import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { TrainingRequests, type TrainingRequest } from '../src/retraining/requests.js';

describe('TrainingRequests', () => {
  let dir: string;
  let requests: TrainingRequests;
  beforeEach(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'vinaigrette-requests-'));
    requests = new TrainingRequests(path.join(dir, 'not/there/yet'));
  });
  afterEach(() => rm(dir, { recursive: true }));

  const basket = { model: 'basket', reason: 'by hand' };
  const pending = async () => {
    const found: TrainingRequest[] = [];
    await requests.each(async (request) => found.push(request));
    return found;
  };

  it('hands over what was asked for, once', async () => {
    expect(await pending()).toEqual([]);
    await requests.leave(basket);
    expect(await pending()).toEqual([basket]);
    expect(await pending()).toEqual([]);
  });

  it('keeps a request that could not be looked at', async () => {
    await requests.leave(basket);
    const away = () => Promise.reject(new Error('the registry is away'));
    await expect(requests.each(away)).rejects.toThrow('away');
    expect(await pending()).toEqual([basket]);
  });

  it('keeps what was asked again while it was looked at', async () => {
    await requests.leave(basket);
    const again = { ...basket, reason: 'the summer range came in meanwhile' };
    await requests.each(() => requests.leave(again));
    expect(await pending()).toEqual([again]);
  });
});

import { describe, expect, it } from '@jest/globals';
import { checkEventTypes, checkWebhookUrl } from './check-webhook.js';

describe('checkWebhookUrl()', () => {
  it.each(['https://shop.example/hooks?of=models', 'http://127.0.0.1:9000'])('lets %s be', (url) => {
    expect(() => checkWebhookUrl(url)).not.toThrow();
  });

  it.each([
    '',
    'shop.example',
    'file:///etc/passwd',
    'gopher://a',
    'https://me:secret@shop.example',
    `https://a/${'a'.repeat(2_000)}`,
  ])('refuses %s', (url) =>
    expect(() => checkWebhookUrl(url)).toThrow(expect.objectContaining({ code: 'BODY_INVALID', field: 'url' })),
  );
});

describe('checkEventTypes()', () => {
  it('takes none, and those that happen', () => {
    expect(() => checkEventTypes([])).not.toThrow();
    expect(() => checkEventTypes(['alias.moved', 'rollout.changed'])).not.toThrow();
  });

  it('names the one that never happens', () => {
    expect(() => checkEventTypes(['alias.moved', 'alias.gone'])).toThrow(
      expect.objectContaining({ field: 'types[1]' }),
    );
  });
});

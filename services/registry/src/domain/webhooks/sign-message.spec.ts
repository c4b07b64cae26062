import { describe, expect, it } from '@jest/globals';
import { secretText, signedHeaders } from './sign-message.js';

describe('signedHeaders()', () => {
  it('signs the example that Standard Webhooks gives', () => {
    const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
    expect(signedHeaders(secret, 'msg_p5jXN8AQM9LWM0D4loKWxJek', '{"test": 2432232314}', 1_614_265_330_999)).toEqual({
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    });
  });

  it('takes the secrets that secretText() writes, and no others', () => {
    expect(() => signedHeaders(secretText(new Uint8Array(32)), 'msg_1', '{}', 0)).not.toThrow();
    expect(() => signedHeaders('plain', 'msg_1', '{}', 0)).toThrow(RangeError);
  });
});

import { describe, expect, it } from '@jest/globals';
import { ReachableAddresses } from './reachable-addresses.js';

describe('ReachableAddresses', () => {
  const nobody = new ReachableAddresses([]);

  it.each(['8.8.8.8', '93.184.216.34', '172.15.0.1', '172.32.0.1', '2606:2800:220:1::1', '::ffff:8.8.8.8'])(
    'includes %s, which is public',
    (address) => expect(nobody.includes(address)).toBe(true),
  );

  it.each([
    '127.0.0.1', '127.9.9.9', '0.0.0.0', '10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', '100.64.0.1',
    '169.254.169.254', '224.0.0.1', '255.255.255.255', '::', '::1', 'fe80::1', 'fc00::1', 'fd00:ec2::254', 'ff02::1',
    '::ffff:127.0.0.1', '::ffff:169.254.169.254', '::ffff:7f00:1', '64:ff9b::7f00:1', '2002:7f00:1::', 'not an address',
  ])('does not include %s', (address) => expect(nobody.includes(address)).toBe(false)); // prettier-ignore

  it('includes what is allowed, and no more', () => {
    const some = new ReachableAddresses(['10.1.0.0/16', 'fd00::/8']);
    expect(['10.1.2.3', 'fd12::1', '::ffff:10.1.2.3'].map((address) => some.includes(address))).toEqual([
      true,
      true,
      true,
    ]);
    expect(['10.2.0.1', '127.0.0.1', 'fe80::1'].map((address) => some.includes(address))).toEqual([
      false,
      false,
      false,
    ]);
  });

  it('refuses a name that stands for this machine, and numbers written to look like a name', async () => {
    for (const host of [
      'localhost',
      '127.0.0.1',
      '[::1]',
      new URL('http://2130706433/').hostname,
      new URL('http://0x7f.1/').hostname,
    ]) {
      await expect(nobody.resolve(host)).rejects.toThrow('not a public address');
    }
    await expect(new ReachableAddresses(['127.0.0.0/8', '::1/128']).resolve('localhost')).resolves.toMatch(
      /^(127\.0\.0\.1|::1)$/,
    );
  });
});

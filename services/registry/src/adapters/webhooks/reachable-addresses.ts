import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';

/** Addresses that belong to this machine, this network or nobody (IANA's special-purpose registries, 2026). */
const SPECIAL = [
  '0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24',
  '192.0.2.0/24', '192.88.99.0/24', '192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24',
  '224.0.0.0/3', '::/127', '64:ff9b::/96', '64:ff9b:1::/48', '100::/64', '2001::/23', '2001:db8::/32', '2002::/16',
  '3fff::/20', '5f00::/16', 'fc00::/7', 'fe80::/10', 'fec0::/10', 'ff00::/8',
]; // prettier-ignore

const family = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 4 ? 'ipv4' : 'ipv6');

function blockList(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    list.addSubnet(address, Number(bits), family(address));
  }
  return list;
}

const special = blockList(SPECIAL);

/** Which addresses webhooks may be posted to: public ones, and those of the networks that are allowed. */
export class ReachableAddresses {
  private readonly allowed: BlockList;

  /** `allowedNetworks`: as 10.1.0.0/16; throws for one of another form. */
  constructor(allowedNetworks: readonly string[]) {
    this.allowed = blockList(allowedNetworks);
  }

  /** Whether an address, in its numbers, may be posted to. An IPv4 address in IPv6's clothes is what it is. */
  includes(address: string): boolean {
    const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address;
    if (isIP(mapped) === 0) return false;
    const kind = family(mapped);
    return this.allowed.check(mapped, kind) || !special.check(mapped, kind);
  }

  /** The address to connect to for a host: rejects when any that it stands for is out of bounds, so that none is chosen later. */
  async resolve(host: string): Promise<string> {
    const literal = host.replace(/^\[(.*)\]$/, '$1');
    const found =
      isIP(literal) === 0 ? (await lookup(literal, { all: true })).map(({ address }) => address) : [literal];
    const refused = found.find((address) => !this.includes(address));
    if (refused !== undefined) throw new Error(`${host} is ${refused}, which is not a public address`);
    return found[0] as string;
  }
}

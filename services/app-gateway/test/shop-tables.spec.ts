import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createLogger } from '@vinaigrette/edge';
import { parseDocument, type Lookup } from '@vinaigrette/documents';
import { Client } from 'pg';
import { describeWith } from '../../../tools/real-part.mjs';
import { PostgresShopTables } from '../src/adapters/postgres/postgres-shop-tables.js';
import { openShop } from './open-shop.js';
import { document, recommendations } from './shop.js';
import { eventually } from './test-gateway.js';

const SERVER = process.env['DATABASE_URL'] ?? '';

/** As long as a lookup may wait: these tests say what is found, not how soon. */
const PATIENCE_MS = 1_000;

const columns = { age: 'number', country: 'text', member: 'flag', bought: 'texts' };
const customers = { table: 'shop.customers', key: 'id', columns, timeoutMs: PATIENCE_MS, cache: { ageMs: 0 } };

/** As a use case holds it, with every default; nothing is believed for longer than one question unless it says so. */
function lookupOf(differing: object): Lookup {
  const lookups = { customer: { ...customers, ...differing } };
  return parseDocument('use-case', { kind: 'recommendation', model: 'basket', lookups }).lookups.customer as Lookup;
}

const words = (table: string): Lookup => lookupOf({ table, key: 'k', columns: { word: 'text' } });

/** Between a pool and PostgreSQL: it can be cut, and it can swallow everything without a word. */
class Wire {
  private readonly sockets = new Set<Socket>();
  private server: Server | undefined;
  private swallowed = new Set<Socket>();
  private port = 0;

  constructor(private readonly to: URL) {}

  async open(): Promise<URL> {
    const server = createServer((near) => {
      const far = connect(Number(this.to.port || 5432), this.to.hostname);
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        this.sockets.add(from);
        from.on('data', (bytes) => void (this.swallowed.has(near) || to.write(bytes)));
        from.on('error', () => undefined);
        from.on('close', () => {
          this.sockets.delete(from);
          to.destroy();
        });
      }
    });
    this.server = server;
    server.listen(this.port, '127.0.0.1');
    await once(server, 'listening');
    this.port = (server.address() as AddressInfo).port;
    const url = new URL(this.to);
    url.host = `127.0.0.1:${this.port}`;
    return url;
  }

  /** Every connection there is leads nowhere from now on; new ones are good. */
  swallow(): void {
    this.swallowed = new Set(this.sockets);
  }

  async cut(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    const closed = server && new Promise((resolve) => server.close(resolve));
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }
}

describeWith('PostgreSQL', 'DATABASE_URL', "the shop's tables", () => {
  const name = `vinaigrette_gateway_${randomBytes(4).toString('hex')}`;
  let url: URL;
  let server: Client;
  let shop: Client;
  let wire: Wire;
  let tables: PostgresShopTables;

  beforeAll(async () => {
    server = new Client(SERVER);
    await server.connect();
    await server.query(`CREATE DATABASE ${name}`);
    url = new URL(SERVER);
    url.pathname = `/${name}`;
    shop = new Client(url.href);
    await shop.connect();
    await shop.query(`
      CREATE SCHEMA shop;
      CREATE TABLE shop.customers (id text PRIMARY KEY, age bigint, country text, member boolean, bought text[]);
      INSERT INTO shop.customers VALUES
        ('c-1', 41, 'de', true, '{milk,tea}'), ('c-2', NULL, NULL, NULL, NULL),
        ('o''hara', 30, 'ie', false, '{}'), ('"; DROP TABLE shop.customers; --', 31, 'xx', false, '{}'),
        ('a,b', 32, 'xx', false, '{}'), ('{a}', 33, 'xx', false, '{}'), ('\\', 34, 'xx', false, '{}');
      CREATE TABLE padded (k char(6), word text);
      INSERT INTO padded VALUES ('ab', 'padded');
      CREATE TABLE numbered (k integer, word text);
      INSERT INTO numbered VALUES (7, 'seven'), (8, 'eight');
      CREATE TABLE known (k uuid, word text);
      INSERT INTO known VALUES ('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'uuid');
      CREATE TABLE written (k text);
      CREATE FUNCTION write() RETURNS text LANGUAGE sql AS 'INSERT INTO written VALUES (''x'') RETURNING k';
      CREATE VIEW sly AS SELECT 'x' AS k, write() AS word;
      CREATE VIEW slow AS SELECT 'x' AS k, (pg_sleep(0.2) IS NULL)::text AS word;
      CREATE TABLE changing (k text, word integer);
      INSERT INTO changing VALUES ('a', 1);`);
  }, 60_000);
  afterAll(async () => {
    await shop?.end();
    await server?.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    await server?.end();
  }, 60_000);
  beforeEach(async () => {
    wire = new Wire(url);
    tables = new PostgresShopTables((await wire.open()).href, createLogger('app-gateway', 'silent'));
  });
  afterEach(async () => {
    await wire.cut();
    await tables.close();
  }, 60_000);

  const rows = async (lookup: Lookup, ...keys: string[]) => Object.fromEntries(await tables.rows(lookup, keys, 60_000));
  const isFound = async (lookup: Lookup, key: string) => Object.hasOwn(await rows(lookup, key), key);
  const sessions = async (where = 'true') => {
    const sql = `SELECT count(*) FROM pg_stat_activity
      WHERE datname = '${name}' AND application_name = 'vinaigrette-app-gateway' AND ${where}`;
    return Number((await server.query<{ count: string }>(sql)).rows[0]?.count);
  };
  const locked = async (body: () => Promise<void>) => {
    await shop.query('BEGIN; LOCK TABLE shop.customers IN ACCESS EXCLUSIVE MODE');
    try {
      await body();
    } finally {
      await shop.query('ROLLBACK');
    }
  };

  it('give the rows there are, by the types the document names; NULL is unknown', async () => {
    expect(await rows(lookupOf({}), 'c-1', 'nobody', 'c-2')).toEqual({
      'c-1': { age: 41, country: 'de', member: true, bought: ['milk', 'tea'] },
      'c-2': {},
    });
    expect(await rows(lookupOf({}), 'nobody')).toEqual({});
  });

  it.each(["o'hara", '"; DROP TABLE shop.customers; --', 'a,b', '{a}', '\\'])(
    'take the key %s at its word',
    async (key) => {
      expect(Object.keys(await rows(lookupOf({}), 'c-1', key))).toEqual(['c-1', key]);
    },
  );

  it.each([
    { table: 'padded', keys: ['ab'], found: { ab: { word: 'padded' } } },
    { table: 'numbered', keys: ['007', '7'], found: { '007': { word: 'seven' }, 7: { word: 'seven' } } },
    {
      table: 'numbered',
      keys: ['guest', '7', '99999999999', '8'],
      found: { 7: { word: 'seven' }, 8: { word: 'eight' } },
    },
    { table: 'shop.customers', keys: ['c-1', 'c\0'], found: { 'c-1': expect.anything() } },
    {
      table: 'known',
      keys: ['A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'],
      found: { 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11': { word: 'uuid' } },
    },
  ])('find $keys in $table, however the column writes them', async ({ table, keys, found }) => {
    expect(await rows(table === 'shop.customers' ? lookupOf({}) : words(table), ...keys)).toEqual(found);
  });

  it('only read', async () => {
    expect(await rows(words('sly'), 'x')).toEqual({});
    expect((await shop.query('SELECT * FROM written')).rowCount).toBe(0);
  });

  it.each([{ table: 'nowhere' }, { table: 'shop.customers', columns: { shoe_size: 'number' } }])(
    'find nothing in %j, and go on with the others',
    async (wrong) => {
      expect(await rows(lookupOf(wrong), 'c-1')).toEqual({});
      expect(await isFound(lookupOf({}), 'c-1')).toBe(true);
    },
  );

  it('believe a row, and that there is none, for as long as the document says', async () => {
    const believing = lookupOf({ cache: { ageMs: 60_000 } });
    const first = await tables.rows(believing, ['c-1', 'nobody'], 60_000);
    await wire.cut();
    const again = tables.rows(believing, ['c-1', 'nobody'], 60_000);
    expect(again).toEqual(first); // at once: no promise
    expect((again as ReadonlyMap<string, unknown>).get('c-1')).toBe(first.get('c-1'));
  });

  it('leave a table that is locked to itself, within the time given and on the server too', async () => {
    await locked(async () => {
      expect(await rows(lookupOf({ timeoutMs: 20 }), 'c-1')).toEqual({});
      expect(await tables.rows(lookupOf({}), ['c-1'], 20)).toEqual(new Map());
      expect(await tables.rows(lookupOf({}), ['c-1'], 0)).toEqual(new Map());
      await eventually(async () => (await sessions("state = 'active'")) === 0, 'no statement waits for the lock');
    });
    await eventually(() => isFound(lookupOf({}), 'c-1'), 'the row is found again');
  }, 60_000);

  it('take a few connections of the shop, however many ask', async () => {
    const ask = () => Array.from({ length: 300 }, () => rows(words('slow'), 'x'));
    const asked = ask();
    const first = asked[0]?.then(() => 'waited for');
    expect(await Promise.race([first, asked.at(-1)?.then(() => 'turned away')])).toBe('turned away');
    let [most, isSeen] = [0, false];
    const asking = (async () => {
      for (let round = asked; ; round = ask()) {
        await Promise.all(round);
        if (isSeen) return;
      }
    })();
    await eventually(async () => {
      most = Math.max(most, await sessions());
      return most > 1;
    }, 'several connections are seen');
    isSeen = true;
    await asking;
    expect(most).toBeLessThanOrEqual(8);
  }, 60_000);

  it('are found again when PostgreSQL is back', async () => {
    expect(await isFound(lookupOf({}), 'c-1')).toBe(true);
    await wire.cut();
    expect(await rows(lookupOf({}), 'c-1')).toEqual({});
    await wire.open();
    await eventually(() => isFound(lookupOf({}), 'c-1'), 'the row is found again');
  }, 60_000);

  it('are found again when every connection went dead without a word', async () => {
    const all = () => Promise.all(Array.from({ length: 8 }, () => rows(lookupOf({}), 'c-1')));
    await locked(async () => {
      const waiting = all(); // so that there are eight
      await eventually(async () => (await sessions("wait_event_type = 'Lock'")) === 8, 'all connections wait');
      wire.swallow();
      await waiting;
    });
    await eventually(() => isFound(lookupOf({}), 'c-1'), 'the row is found over new connections');
  }, 60_000);

  it('are found again after the shop changed a column', async () => {
    const changing = words('changing');
    expect(await rows(changing, 'a')).toEqual({ a: { word: '1' } });
    await shop.query('ALTER TABLE changing ALTER COLUMN word TYPE text');
    await eventually(() => isFound(changing, 'a'), 'the statement is prepared again');
  }, 60_000);

  it('keep from minors what they must not be offered', async () => {
    await shop.query(`
      CREATE TABLE goods (sku text PRIMARY KEY, adult boolean);
      INSERT INTO goods VALUES ('milk', false), ('tea', false), ('eggs', false), ('rum', true);
      INSERT INTO shop.customers VALUES ('grown', 40), ('minor', 12);`);
    const catalogue = { table: 'goods', key: 'sku', columns: { adult: 'flag' }, timeoutMs: PATIENCE_MS };
    const customer = { ...customers, columns: { age: 'number' } };
    const adults = { id: 'adults', action: 'hide', where: 'item.adult && customer.age < 18' };
    const fields = { customer: { age: 'number' }, item: { adult: 'flag' } };
    const documents = [
      document('use-case', 'recommendations', { ...recommendations, lookups: { customer, catalogue } }),
      document('rule-set', 'shop', { fields, rules: [adults] }),
    ];
    const whole = await openShop(documents, { SHOP_DATABASE_URL: url.href });
    try {
      const skusFor = async (id: string) => {
        const { body } = await whole.gateway.post('/v1/recommendations', { basket: [], customer: { id } });
        return body.items.map(({ sku }: { sku: string }) => sku);
      };
      expect(await skusFor('grown')).toEqual(['milk', 'tea', 'eggs', 'rum']);
      expect(await skusFor('minor')).toEqual(['milk', 'tea', 'eggs']);
      expect((await whole.gateway.get('/readyz')).body.faults).toEqual([]);
    } finally {
      await whole.close();
    }
  }, 60_000);
});

describe("a gateway without the shop's database", () => {
  it('says which lookups find nothing', async () => {
    const seeing = { ...recommendations, lookups: { customer: customers } };
    const shop = await openShop([document('use-case', 'recommendations', seeing)]);
    try {
      expect((await shop.gateway.get('/readyz')).body.faults).toEqual([
        { subject: 'lookups of recommendations 1', why: expect.stringMatching(/SHOP_DATABASE_URL.*shop\.customers/) },
      ]);
    } finally {
      await shop.close();
    }
  }, 60_000);
});

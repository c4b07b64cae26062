/**
 * What 100 compiled rules cost a request: a mix as a shop has it, over 50 recommended items of a looked-up catalogue.
 *
 *   npx tsc -b && node proof/benchmarks/rules.mjs [--requests 20000]
 */
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { parseDocument } from '@vinaigrette/documents';
import { applyRules, compileRules, rulesBefore, Situation } from '@vinaigrette/serving';

const { values } = parseArgs({ options: { requests: { type: 'string', default: '20000' } } });
const requests = Number(values.requests);
const ITEMS = 50;
const TARGET_US = 20;

const fields = {
  customer: { age: 'number', country: 'text' },
  item: { brand: 'text', alcohol: 'flag', stock: 'number', margin: 'number' },
};
const rules = [
  ...Array.from({ length: 40 }, (_, n) => ({
    action: 'hide',
    where: `item.brand == "recalled-${n}" && item.stock < 5`,
  })),
  ...Array.from({ length: 30 }, (_, n) => ({ action: 'bury', skus: [`sku-${n}`], when: { markets: [`market-${n}`] } })),
  ...Array.from({ length: 20 }, (_, n) => ({
    action: 'pin',
    sku: `pin-${n}`,
    position: n + 1,
    when: { until: '2020-01-01T00:00:00Z' },
  })),
  ...Array.from({ length: 5 }, (_, n) => ({ action: 'cap', items: 40, when: { if: `customer.age < ${n + 10}` } })),
  { action: 'hide', where: 'item.stock < 1' },
  { action: 'hide', where: 'item.alcohol', when: { if: 'customer.age < 18' } },
  { action: 'boost', where: 'item.margin > 0.9', factor: 1.2 },
  { action: 'cap', items: 2, per: 'brand' },
  { action: 'cap', items: 20 },
].map((rule, n) => ({ id: `rule-${n}`, ...rule }));

const compiled = compileRules(parseDocument('rule-set', { fields, rules }));
const skus = Array.from({ length: 1_000 }, (_, n) => `sku-${n}`);
const catalogue = new Map(
  skus.map((sku, n) => [
    sku,
    { brand: `brand-${n % 300}`, alcohol: n % 20 === 0, stock: n % 50, margin: (n % 100) / 100 },
  ]),
);
const answers = Array.from({ length: 100 }, (_, start) =>
  Array.from({ length: ITEMS }, (_, n) => ({
    sku: skus[(start * 37 + n * 11) % skus.length],
    score: 1 - n / ITEMS,
    reasons: [],
  })),
);

function ask(n) {
  const customer = { id: `c-${n}`, age: 16 + (n % 50), country: 'de' };
  const situation = new Situation(compiled, {
    context: { moment: 'cart', market: 'de' },
    customer,
    basket: ['milk'],
    catalogue,
    nowMs: 1.7e12,
  });
  rulesBefore(compiled, situation);
  return applyRules(compiled, answers[n % answers.length], situation, true).items.length;
}

for (let n = 0; n < requests; n++) ask(n); // warm, and the facts of every item are known
const rounds = Array.from({ length: 7 }, () => {
  const before = process.cpuUsage();
  for (let n = 0; n < requests; n++) ask(n);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / requests;
}).sort((a, b) => a - b);
const us = rounds[3];
console.log(
  `${cpus().length} cores, ${process.version}: ${rules.length} rules, ${ITEMS} items, median of 7 rounds of ${requests}`,
);
console.log(`${us.toFixed(1)} us CPU a request (target ${TARGET_US}): ${us <= TARGET_US ? 'kept' : 'missed'}`);

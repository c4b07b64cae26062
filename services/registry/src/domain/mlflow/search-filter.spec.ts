import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseFilter, type Searchable } from './search-filter.js';
import { parseOrder } from './search-order.js';

const runs: Searchable = {
  entities: ['attribute', 'metric', 'param', 'tag', 'dataset'],
  attributes: { run_name: 'text', status: 'text', start_time: 'number' },
};
const invalid = expect.objectContaining({ code: 'QUERY_INVALID' });

describe('parseFilter()', () => {
  it.each([
    { filter: '', conditions: [] },
    { filter: '   ', conditions: [] },
    { filter: 'metrics.rmse < 2', conditions: [['metric', 'rmse', '<', 2]] },
    { filter: 'metric.rmse>=-1.5e-3', conditions: [['metric', 'rmse', '>=', -0.0015]] },
    { filter: 'metrics."loss/val set" != 0', conditions: [['metric', 'loss/val set', '!=', 0]] },
    { filter: "params.depth = '3'", conditions: [['param', 'depth', '=', '3']] },
    { filter: 'parameters.depth = "3"', conditions: [['param', 'depth', '=', '3']] },
    { filter: "tags.`mlflow.user` LIKE 'an%'", conditions: [['tag', 'mlflow.user', 'LIKE', 'an%']] },
    { filter: "tags.mlflow.user ilike 'an%'", conditions: [['tag', 'mlflow.user', 'ILIKE', 'an%']] },
    { filter: "tags.name = 'it''s'", conditions: [['tag', 'name', '=', "it's"]] },
    { filter: "tags.`a``b` = ''", conditions: [['tag', 'a`b', '=', '']] },
    { filter: "status IN ('FINISHED', 'FAILED')", conditions: [['attribute', 'status', 'IN', ['FINISHED', 'FAILED']]] },
    { filter: "`run_name` NOT IN ('a')", conditions: [['attribute', 'run_name', 'NOT IN', ['a']]] },
    { filter: 'params.a IS NOT NULL', conditions: [['param', 'a', 'NOT NULL', undefined]] },
    { filter: 'tags.a is null', conditions: [['tag', 'a', 'NULL', undefined]] },
    { filter: "datasets.name = 'sales'", conditions: [['dataset', 'name', '=', 'sales']] },
    {
      filter: "attributes.start_time > 5 and tags.and = 'and'",
      conditions: [
        ['attribute', 'start_time', '>', 5],
        ['tag', 'and', '=', 'and'],
      ],
    },
  ])('reads $filter', ({ filter, conditions }) => {
    const read = parseFilter(filter, runs).map(({ entity, key, operator, value }) => [entity, key, operator, value]);
    expect(read).toEqual(conditions);
  });

  it.each([
    'metrics.rmse',
    'metrics.rmse <',
    "metrics.rmse = 'text'",
    'params.depth = 3',
    "params.depth > '3'",
    "metrics.rmse LIKE '1'",
    'metrics.a = 1 OR metrics.b = 2',
    "status = 'a' status = 'b'",
    "status IN 'a'",
    "status IN ('a'",
    'status IN ()',
    "flavour = 'sour'",
    "kitchen.salt = 'x'",
    "datasets.colour = 'red'",
    "tags. = 'x'",
    "status = 'unclosed",
    "status = 'a'; DROP TABLE registry.mlflow_run",
    'metrics.rmse ~ 1',
    'metrics.rmse = 1 AND',
    `status = '${'x'.repeat(30_000)}'`,
    Array.from({ length: 101 }, () => 'metrics.a = 1').join(' AND '),
  ])('refuses %s', (filter) => {
    expect(() => parseFilter(filter, runs)).toThrow(invalid);
  });

  it('never fails otherwise than by saying what cannot be read', () => {
    const piece = fc.oneof(
      fc.string(),
      fc.constantFrom('metrics.a', 'AND', 'IN', 'NOT', 'IS', 'NULL', '(', ')', ',', "'", '"', '`', '=', '1', 'tags.`'),
    );
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        try {
          parseFilter(pieces.join(' '), runs);
        } catch (error) {
          expect(error).toEqual(invalid);
        }
      }),
    );
  });

  it('takes any text as a value when its quotes are doubled', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), (value) => {
        const [condition] = parseFilter(`tags.t = '${value.replaceAll("'", "''")}'`, runs);
        expect(condition?.value).toBe(value);
      }),
    );
  });
});

describe('parseOrder()', () => {
  it.each([
    { clause: 'start_time', order: ['attribute', 'start_time', true] },
    { clause: 'metrics.rmse DESC', order: ['metric', 'rmse', false] },
    { clause: ' tags.`a b` asc ', order: ['tag', 'a b', true] },
    { clause: 'metrics."x DESC" DESC', order: ['metric', 'x DESC', false] },
  ])('reads $clause', ({ clause, order }) => {
    expect(parseOrder([clause], runs).map(({ entity, key, ascending }) => [entity, key, ascending])).toEqual([order]);
  });

  it.each(['', 'flavour', 'metrics.', 'datasets.name', 'start_time; DROP TABLE x', 'start_time SIDEWAYS'])(
    'refuses %j',
    (clause) => {
      expect(() => parseOrder([clause], runs)).toThrow(invalid);
    },
  );
});

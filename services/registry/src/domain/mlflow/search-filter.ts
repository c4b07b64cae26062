import { Problem } from '@vinaigrette/problems';
import { readTokens, type Token } from './search-tokens.js';

export type Entity = 'attribute' | 'metric' | 'param' | 'tag' | 'dataset';

/** What may be searched and sorted by: the entities, and the attributes with what they hold. */
export interface Searchable {
  entities: readonly Entity[];
  attributes: Readonly<Record<string, 'text' | 'number'>>;
}

export type Operator = '=' | '!=' | '<' | '<=' | '>' | '>=' | 'LIKE' | 'ILIKE' | 'IN' | 'NOT IN' | 'NULL' | 'NOT NULL';

/** One comparison. NULL and NOT NULL have no value, IN and NOT IN a list, all others one value. */
export interface Condition {
  entity: Entity;
  key: string;
  operator: Operator;
  value: string | number | string[] | undefined;
}

const FILTER_LENGTH_MAX = 20_000;
const CONDITIONS_MAX = 100;

const spellings: Readonly<Record<string, Entity>> = {
  attribute: 'attribute',
  attributes: 'attribute',
  attr: 'attribute',
  run: 'attribute',
  metric: 'metric',
  metrics: 'metric',
  parameter: 'param',
  parameters: 'param',
  param: 'param',
  params: 'param',
  tag: 'tag',
  tags: 'tag',
  dataset: 'dataset',
  datasets: 'dataset',
};
const DATASET_KEYS = ['name', 'digest', 'context'];

const ofNumbers: readonly Operator[] = ['=', '!=', '<', '<=', '>', '>='];
const ofText: readonly Operator[] = ['=', '!=', 'LIKE', 'ILIKE', 'IN', 'NOT IN'];
const ofNamed: readonly Operator[] = ['=', '!=', 'LIKE', 'ILIKE', 'NULL', 'NOT NULL'];

/**
 * Reads a search filter in MLflow's grammar: comparisons joined by AND, such as
 * `metrics.rmse < 2 AND tags."team" ILIKE 'pric%' AND attributes.status IN ('FINISHED')`. An empty text is no condition.
 * Throws QUERY_INVALID naming the place.
 */
export function parseFilter(text: string, searchable: Searchable): Condition[] {
  if (text.length > FILTER_LENGTH_MAX) refuse(`A filter has at most ${FILTER_LENGTH_MAX} characters`);
  const tokens = new Tokens(readTokens(text));
  const conditions: Condition[] = [];
  if (tokens.atEnd()) return conditions;
  do {
    conditions.push(readCondition(tokens, searchable));
    if (conditions.length > CONDITIONS_MAX) refuse(`A filter has at most ${CONDITIONS_MAX} comparisons`);
  } while (tokens.takesWord('AND'));
  if (!tokens.atEnd()) refuse(`Only AND may join comparisons, not ${tokens.shown()}`);
  return conditions;
}

/** What a name such as `metrics.rmse`, tags.`a b` or `start_time` stands for. Throws QUERY_INVALID. */
export function readKey(name: string, searchable: Searchable): { entity: Entity; key: string } {
  const dot = name.indexOf('.');
  const prefix = dot === -1 ? '' : name.slice(0, dot);
  const entity = dot === -1 ? 'attribute' : spellings[prefix];
  if (!entity || !searchable.entities.includes(entity)) {
    return refuse(`${JSON.stringify(prefix)} cannot be searched; these can: ${searchable.entities.join(', ')}`);
  }
  const key = unquoted(name.slice(dot + 1));
  if (key === '') refuse(`${JSON.stringify(name)} names nothing`);
  const known =
    entity === 'attribute' ? Object.keys(searchable.attributes) : entity === 'dataset' ? DATASET_KEYS : [key];
  if (!known.includes(key)) refuse(`${JSON.stringify(key)} is no ${entity}; these are: ${known.join(', ')}`);
  return { entity, key };
}

function readCondition(tokens: Tokens, searchable: Searchable): Condition {
  const { entity, key } = readKey(tokens.name(), searchable);
  const operator = tokens.operator();
  const numeric = entity === 'metric' || (entity === 'attribute' && searchable.attributes[key] === 'number');
  const allowed = numeric ? ofNumbers : entity === 'param' || entity === 'tag' ? ofNamed : ofText;
  if (!allowed.includes(operator)) refuse(`${key} is compared by ${allowed.join(', ')}, not by ${operator}`);
  return { entity, key, operator, value: readValue(tokens, operator, numeric) };
}

function readValue(tokens: Tokens, operator: Operator, numeric: boolean): Condition['value'] {
  if (operator === 'NULL' || operator === 'NOT NULL') return undefined;
  if (operator === 'IN' || operator === 'NOT IN') return tokens.list();
  return numeric ? tokens.number() : tokens.text();
}

class Tokens {
  private at = 0;

  constructor(private readonly tokens: readonly Token[]) {}

  atEnd = (): boolean => this.at === this.tokens.length;

  shown(): string {
    return this.atEnd() ? 'the end' : JSON.stringify((this.tokens[this.at] as Token).text);
  }

  takesWord(word: string): boolean {
    return this.takes('name', (text) => text.toUpperCase() === word);
  }

  name(): string {
    return this.take('name', 'a name such as metrics.rmse');
  }

  text(): string {
    return unquoted(this.take('text', 'a text in quotes'));
  }

  number(): number {
    return Number(this.take('number', 'a number'));
  }

  list(): string[] {
    const values: string[] = [];
    if (!this.takesSign('(')) refuse(`A list begins with "(", not with ${this.shown()}`);
    do values.push(this.text());
    while (this.takesSign(','));
    if (!this.takesSign(')')) refuse(`A list ends with ")", not with ${this.shown()}`);
    return values;
  }

  operator(): Operator {
    for (const sign of ofNumbers) if (this.takesSign(sign)) return sign;
    for (const word of ['LIKE', 'ILIKE', 'IN'] as const) if (this.takesWord(word)) return word;
    if (this.takesWord('NOT') && this.takesWord('IN')) return 'NOT IN';
    if (this.takesWord('IS')) {
      const not = this.takesWord('NOT');
      if (this.takesWord('NULL')) return not ? 'NOT NULL' : 'NULL';
    }
    return refuse(`A comparison was expected, not ${this.shown()}`);
  }

  private takesSign(sign: string): boolean {
    return this.takes('sign', (text) => text === sign);
  }

  private takes(kind: Token['kind'], is: (text: string) => boolean): boolean {
    const token = this.tokens[this.at];
    if (token?.kind !== kind || !is(token.text)) return false;
    this.at += 1;
    return true;
  }

  private take(kind: Token['kind'], wanted: string): string {
    const token = this.tokens[this.at];
    if (token?.kind !== kind) return refuse(`${wanted} was expected, not ${this.shown()}`);
    this.at += 1;
    return token.text;
  }
}

/** Without its quotes; a quote that is written twice stands for one. */
function unquoted(text: string): string {
  const quote = text[0];
  if (quote !== "'" && quote !== '"' && quote !== '`') return text;
  return text.slice(1, -1).replaceAll(quote + quote, quote);
}

function refuse(why: string): never {
  throw new Problem('QUERY_INVALID', `The search cannot be read: ${why}`, { field: 'filter' });
}

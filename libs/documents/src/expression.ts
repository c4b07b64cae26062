import { Environment, serialize, type ASTNode } from '@marcbachmann/cel-js';
import type { FieldType } from './field-types.js';
import { readingOf, type Reading } from './expression-cost.js';
import { fieldsOf, rowClasses, type Scope, type Subject, type Vocabulary } from './scope.js';

/** No expression a person wrote needs more; deeper ones are there to exhaust a parser. */
const limits = { maxAstNodes: 200, maxDepth: 24, maxListElements: 200, maxMapEntries: 1, maxCallArguments: 4 };

const celTypes: Record<FieldType, string> = { number: 'double', text: 'string', flag: 'bool', texts: 'list<string>' };

type Value = number | string | boolean | readonly string[];

interface Ready extends Pick<Reading, 'cost' | 'reads'> {
  text: string;
}

/** A condition, checked and compiled once. */
export interface Condition extends Ready {
  /** Undefined: a field it needs is unknown. Like CEL, `false && unknown` is false and `true || unknown` true. */
  holds(scope: Scope): boolean | undefined;
}

/** An expression of a value, checked and compiled once. */
export interface Expression extends Ready {
  type: FieldType;
  /** Undefined: a field it needs is unknown, or it cannot be computed from what there is. */
  valueIn(scope: Scope): Value | undefined;
}

/** Compiles expressions over one vocabulary; opening it costs more than all it compiles. */
export class Expressions {
  private readonly environment: Environment;

  constructor(vocabulary: Vocabulary) {
    const environment = new Environment({ limits })
      .registerVariable('basket', 'list<string>')
      .registerVariable('now', 'google.protobuf.Timestamp');
    const subjects: Subject[] = ['customer', 'context'];
    if (vocabulary.item) subjects.push('item');
    if (vocabulary.inputs) subjects.push('inputs');
    for (const subject of subjects) {
      const declared = subject === 'context' ? {} : vocabulary[subject];
      const fields = Object.entries(fieldsOf(subject, declared)).map(([name, type]) => [name, celTypes[type]]);
      const { [subject]: ctor } = rowClasses;
      environment.registerType(ctor.name, { ctor, fields: Object.fromEntries(fields) as Record<string, string> });
      environment.registerVariable(subject, ctor.name);
    }
    if (vocabulary.item) environment.registerVariable('score', 'double');
    this.environment = letNumbersMeet(environment);
  }

  /** Throws a RangeError that says what is wrong with it. */
  condition(text: string): Condition {
    const { type, ast, reading } = this.checked(text);
    if (type !== 'bool') throw new RangeError(`must be true or false, not ${type}`);
    return { text, cost: reading.cost, reads: reading.reads, holds: this.threeValued(ast) };
  }

  /** Throws a RangeError that says what is wrong with it, also when its value is not of one of these types. */
  expression(text: string, types: readonly FieldType[]): Expression {
    const { type, ast, reading } = this.checked(text);
    const fieldType = type === 'int' ? 'number' : types.find((it) => celTypes[it] === type);
    if (!fieldType || !types.includes(fieldType)) throw new RangeError(`must be a ${types.join(' or ')}, not ${type}`);
    return { text, type: fieldType, cost: reading.cost, reads: reading.reads, valueIn: this.value(ast) };
  }

  private checked(text: string) {
    const parsed = inItsWords(() => this.environment.parse(text));
    const reading = readingOf(parsed.ast); // first: what may not be called need not be typed
    const { valid, type, error } = parsed.check();
    if (!valid) throw new RangeError(sentence(error));
    return { type: type ?? 'dyn', ast: parsed.ast, reading };
  }

  /** `&&`, `||` and `!` are decided here, so that an unknown field costs a look and not an exception. */
  private threeValued(node: ASTNode): Condition['holds'] {
    if (node.op === '&&' || node.op === '||') {
      const [left, right] = node.args.map((side) => this.threeValued(side)) as [Condition['holds'], Condition['holds']];
      const decided = node.op === '||';
      return (scope) => {
        const first = left(scope);
        if (first === decided) return decided;
        const second = right(scope);
        if (second === decided) return decided;
        return first === undefined || second === undefined ? undefined : !decided;
      };
    }
    if (node.op === '!_') {
      const negated = this.threeValued(node.args);
      return (scope) => {
        const holds = negated(scope);
        return holds === undefined ? undefined : !holds;
      };
    }
    if (node.op === 'in' && node.args[1].op === 'id' && node.args[1].args === 'basket') {
      const element = this.value(node.args[0]);
      return (scope) => {
        const text = element(scope);
        return text === undefined ? undefined : scope.basket.has(text as string);
      };
    }
    return this.value(node) as Condition['holds'];
  }

  private value(node: ASTNode): Expression['valueIn'] {
    const evaluate = this.environment.parse(serialize(node));
    const needs = [...readingOf(evaluate.ast).needs].filter((it) => it.includes('.')).map((it) => it.split('.'));
    evaluate.check(); // or the first evaluation would
    return (scope) => {
      for (const [subject, field] of needs as [Subject, string][]) {
        const row = scope[subject];
        if (row && !Object.hasOwn(row, field)) return undefined;
      }
      try {
        const value: unknown = evaluate(scope);
        return typeof value === 'bigint' ? Number(value) : (value as Value);
      } catch {
        return undefined;
      }
    };
  }
}

/** `item.margin * 2` need not be written `item.margin * 2.0`. */
function letNumbersMeet(environment: Environment): Environment {
  const meet = (operator: string, type: string, compute: (a: number, b: number) => unknown) => {
    for (const [left, right] of [
      ['double', 'int'],
      ['int', 'double'],
    ]) {
      const signature = `${left} ${operator} ${right}: ${type}`;
      environment.registerOperator(signature, (a: number, b: number) => compute(Number(a), Number(b)));
    }
  };
  meet('+', 'double', (a, b) => a + b);
  meet('-', 'double', (a, b) => a - b);
  meet('*', 'double', (a, b) => a * b);
  meet('/', 'double', (a, b) => a / b);
  // Equality registers both ways round by itself.
  environment.registerOperator('double == int: bool', (a: number, b: bigint) => a === Number(b));
  return environment;
}

function inItsWords<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw new RangeError(sentence(error), { cause: error });
  }
}

/** CEL's message without the drawing under it. */
const sentence = (error: unknown): string => (error as Error).message.split('\n')[0] ?? 'is not CEL';

import type { ASTNode } from '@marcbachmann/cel-js';
import { LIST_VALUES_MAX } from './scope.js';

/** Dearest expression, in steps; one step takes about 0.1 us. One pass over a basket fits, a pass within a pass not. */
export const COST_MAX = 20_000;

/**
 * The functions an expression may call. Left out on purpose: `matches`, whose patterns JavaScript tries by backtracking;
 * `map`, `bind` and `join`, with which a short text doubles a value again and again.
 */
const functions = new Set(
  (
    'has size contains startsWith endsWith exists exists_one all filter int double string lowerAscii upperAscii trim ' +
    'timestamp duration getFullYear getMonth getDate getDayOfMonth getDayOfWeek getDayOfYear getHours getMinutes'
  ).split(' '),
);

const passes = new Set(['exists', 'exists_one', 'all', 'filter']);

export interface Reading {
  /** Upper bound of the steps of one evaluation. */
  cost: number;
  /** `customer.age`, `basket`, `score`: what it may read. */
  reads: ReadonlySet<string>;
  /** Reads without which it has no value, whatever the others are. */
  needs: ReadonlySet<string>;
}

/** What an expression costs and reads at most. Throws a RangeError naming what is not allowed. */
export function readingOf(root: ASTNode): Reading {
  const [reads, needs] = [new Set<string>(), new Set<string>()];
  /** `sure`: its value is needed whatever else the expression holds. */
  const visit = (node: ASTNode, sure: boolean): number => {
    const all = (nodes: readonly ASTNode[], needed = sure) => nodes.reduce((sum, it) => sum + visit(it, needed), 1);
    const read = (what: string) => {
      reads.add(what);
      if (sure) needs.add(what);
      return 1;
    };
    switch (node.op) {
      case 'value':
        return 1;
      case 'id':
        return read(node.args);
      case '.':
        return node.args[0].op === 'id' ? read(`${node.args[0].args}.${node.args[1]}`) : 1 + visit(node.args[0], sure);
      case 'call': {
        const [name, args] = node.args;
        checkFunction(name);
        return all(args, sure && name !== 'has');
      }
      case 'rcall': {
        const [name, receiver, args] = node.args;
        checkFunction(name);
        if (!passes.has(name)) return all([receiver, ...args]);
        return visit(receiver, sure) + longest(receiver) * all(args, false);
      }
      case 'in':
        return all(node.args) + longest(node.args[1]);
      case 'list':
        return all(node.args);
      case '?:':
        return 1 + visit(node.args[0], sure) + visit(node.args[1], false) + visit(node.args[2], false);
      case '&&':
      case '||':
        return all(node.args, false);
      case '!_':
      case '-_':
        return 1 + visit(node.args, sure);
      case 'map':
      case '.?':
      case '[?]':
        throw new RangeError(`may not use ${node.op === 'map' ? 'a map' : node.op}`);
      default:
        return all(node.args as readonly ASTNode[]); // the operators of two values
    }
  };
  const cost = visit(root, true);
  if (cost > COST_MAX) throw new RangeError(`may cost ${cost} steps, and ${COST_MAX} are allowed`);
  return { cost, reads, needs };
}

function checkFunction(name: string): void {
  if (!functions.has(name)) throw new RangeError(`may not call ${name}; it may call ${[...functions].join(', ')}`);
}

const longest = (list: ASTNode): number => (list.op === 'list' ? list.args.length : LIST_VALUES_MAX);

import { SignatureChange, type VersionComparison } from '@vinaigrette/contracts/registry';
import type { Lineage } from '@vinaigrette/lineage';

const words: Record<SignatureChange, string> = {
  [SignatureChange.UNSPECIFIED]: 'not compared',
  [SignatureChange.COMPATIBLE]: 'compatible: who calls the one can call the other',
  [SignatureChange.ADDITIVE]: 'additive: who calls the one can call the other, which offers more',
  [SignatureChange.BREAKING]: 'breaking: who calls the one cannot call the other',
};

/** What becomes of callers, a line for each difference. */
export function changeText({ from, to, change, differences }: VersionComparison): string {
  return [`${from} -> ${to} is ${words[change]}`, ...differences.map((difference) => `  ${difference}`)].join('\n');
}

/** A lineage for people: a row a fact, in the order of the work. */
export function lineageRows(lineage: Lineage): string[][] {
  const { data, pipeline, code, command, parameters, metrics, segments, environment, parent, validatedWith } = lineage;
  const facts = (of: object) => Object.entries(of).map(([name, value]) => `${name} ${textOf(value)}`);
  return [
    ...data.map(({ name, digest, rows }) => ['data', `${name} ${digest}${rows === undefined ? '' : `, ${rows} rows`}`]),
    ...(pipeline ? [['pipeline', pipeline.digest]] : []),
    ...(code ? [['code', `${code.commit}${code.changed ? ', with changes that it does not hold' : ''}`]] : []),
    ...(command.length > 0 ? [['command', command.join(' ')]] : []),
    ...facts(parameters).map((text) => ['parameter', text]),
    ...facts(metrics).map((text) => ['metric', text]),
    ...segments.map((one) => ['metric', `of ${one.segment} (${one.rows} rows): ${facts(one.metrics).join(', ')}`]),
    ...facts(environment).map((text) => ['environment', text]),
    ...(parent ? [['learnt while', `${parent.model} ${parent.version} answered`]] : []),
    ...(['image', 'chart', 'parentRun'] as const).flatMap((name) => (lineage[name] ? [[name, lineage[name]]] : [])),
    ...validatedWith.map(({ kind, name, version }) => ['tried with', `${kind} ${name} ${version}`]),
  ];
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

import { readFileSync, writeFileSync } from 'node:fs';
import { grpcStatusOf, httpStatusOf, problems } from '@vinaigrette/problems';

/** Writes the table of docs/errors.md from the codes; a test of libs/problems holds the two together. */
const page = new URL('../docs/errors.md', import.meta.url);
const rows = Object.entries(problems).map(
  ([code, { kind, remedy }]) =>
    `| <a id="${code.toLowerCase()}"></a>\`${code}\` | ${httpStatusOf(kind)} | ${grpcStatusOf(kind)} | ${remedy} |`,
);
const [head] = readFileSync(page, 'utf8').split(/^\| <a id=/m);
writeFileSync(page, `${head}${rows.join('\n')}\n`);

import { ESLint } from 'eslint';

/** Lints texts as if they stood in files: `[{file, text}]` on standard input, the broken rules of each on its output. */
let input = '';
for await (const chunk of process.stdin) input += chunk;
const eslint = new ESLint();
const broken = [];
for (const { file, text } of JSON.parse(input)) {
  const [result] = await eslint.lintText(text, { filePath: file });
  broken.push(result.messages.map(({ ruleId, message }) => ruleId ?? `unparsed: ${message}`));
}
console.log(JSON.stringify(broken));

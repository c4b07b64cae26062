import { describe, it } from '@jest/globals';

/**
 * A suite that talks to a real part (PostgreSQL, Kafka, Chromium, Python clients, the real data sets), found by an
 * environment variable that `npm test` sets. Without it the suite is skipped under a name nobody overlooks; in CI that
 * is a failure.
 */
export function describeWith(part, variable, title, body) {
  if (process.env[variable]) return describe(title, body);
  if (process.env.CI === 'true') {
    return describe(title, () => {
      it(`needs ${part}: ${variable} is not set, and CI skips nothing`, () => {
        throw new Error(`Set ${variable}, or run \`npm test\`, which finds ${part}`);
      });
    });
  }
  return describe.skip(`SKIPPED, needs ${part} (set ${variable}, or run \`npm test\`): ${title}`, body);
}

import type { Journey, Week } from './journey.js';

const day = (ms: number) => new Date(ms).toISOString().slice(0, 10);
const fixed = (value: number | undefined) => (value === undefined ? '' : value.toFixed(4));

/** The weeks as a table for a terminal: what the monitor saw. */
export function reportOf({ card, baskets, monitored }: Journey): string {
  const names = monitored[0]?.features.map(({ name }) => name) ?? [];
  const header = ['week from', 'baskets', 'by model', 'hit@5', ...names.flatMap((name) => [`${name} PSI`, 'KS'])];
  const rows = monitored.map((week) => [
    day(week.fromMs),
    String(week.baskets),
    String(week.answered),
    fixed(week.hitsAt5 / week.baskets),
    ...week.features.flatMap(({ psi, ks }) => [fixed(psi), fixed(ks)]),
  ]);
  const hits = monitored.reduce((sum, week) => sum + week.hitsAt5, 0);
  return [
    `Trained on ${day(Date.parse(card.sales.first ?? ''))} to ${day(Date.parse(card.sales.last ?? ''))}: ` +
      `${card.cleaning.baskets} baskets, ${card.served.rules} rules served.`,
    `Replayed ${baskets} baskets through the gateway; hit rate@5 ${fixed(hits / baskets)}.`,
    '',
    ...aligned([header, ...rows]),
  ].join('\n');
}

function aligned(rows: readonly string[][]): string[] {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows.map((row) => row.map((cell, column) => cell.padStart(widths[column] as number)).join('  '));
}

/** Where the monitor and the oracle disagree, in words; empty when they do not. */
export function disagreements({ monitored, oracle }: Journey): string[] {
  return monitored.flatMap((week, index) =>
    differences(week, oracle[index] as Week).map((what) => `${day(week.fromMs)}: ${what}`),
  );
}

function differences(seen: Week, truth: Week): string[] {
  const compare = (what: string, a: number | undefined, b: number | undefined) => {
    // The oracle adds in another order than the monitor: the last bits may differ, nothing else.
    const same = a === b || Math.abs((a ?? NaN) - (b ?? NaN)) < 1e-9;
    return same ? [] : [`${what} is ${a} to the monitor and ${b} to the oracle`];
  };
  return [
    ...compare('baskets', seen.baskets, truth.baskets),
    ...compare('baskets answered by the model', seen.answered, truth.answered),
    ...compare('hits', seen.hitsAt5, truth.hitsAt5),
    ...truth.features.flatMap((feature) => {
      const monitored = seen.features.find(({ name }) => name === feature.name);
      return [
        ...compare(`${feature.name} count`, monitored?.count, feature.count),
        ...compare(`${feature.name} PSI`, monitored?.psi, feature.psi),
        ...compare(`${feature.name} KS`, monitored?.ks, feature.ks),
      ];
    }),
  ];
}

import type { Finding } from '../judgements.js';
import type { Verdict } from './alert.js';
import type { PageContent } from './page.js';

/** Findings told in a page; the console has them all. */
const FINDINGS_MAX = 10;
const BINS_MAX = 3;

/** What a version that has drifted is paged for, from what the last look found. */
export function driftPage(model: string, version: number, verdict: Verdict, findings: readonly Finding[]): PageContent {
  const told = findings.slice(0, FINDINGS_MAX);
  const more = findings.length - told.length;
  const segments = [...new Set(findings.map(({ segment }) => segment).filter((segment) => segment !== ''))];
  return {
    severity: verdict.severity === 'critical' ? 'critical' : 'warning',
    summary: `${model} ${version} no longer sees what it was trained on: ${verdict.features.join(', ')}`,
    description: verdict.why,
    details: {
      features: told.map(findingLine).join('\n') + (more > 0 ? `\nand ${more} more` : ''),
      segments: segments.join(', '),
    },
  };
}

/** `age (1h, country=de): PSI 0.310, KS 0.212 at 45, q 0.0004, n 1200; [40, 50) 10 % -> 31 %` */
export function findingLine({ feature, window, segment, psi, ks, qValue, rows, bins }: Finding): string {
  const where = segment === '' ? window : `${window}, ${segment}`;
  const figures = [
    ...(psi === undefined ? [] : [`PSI ${psi.toFixed(3)}`]),
    ...(ks ? [`KS ${ks.low.toFixed(3)} at ${Number(ks.at.toPrecision(6))}`] : []),
    `q ${qValue.toPrecision(2)}`,
    `n ${rows}`,
  ];
  const moved = bins.slice(0, BINS_MAX).map((bin) => {
    return `${bin.label} ${percent(bin.expectedShare)} -> ${percent(bin.actualShare)}`;
  });
  return `${feature} (${where}): ${figures.join(', ')}${moved.length > 0 ? `; ${moved.join(', ')}` : ''}`;
}

const percent = (share: number) => `${Number((share * 100).toPrecision(2))} %`;

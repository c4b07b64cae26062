import { randomUUID } from 'node:crypto';
import type { Alert, AlertDesk } from './alerts.js';
import { driftPage } from './domain/drift-page.js';
import { turnPage, type PageContent, type PageName } from './domain/page.js';
import { JudgementFollower, type Judgement } from './judgements.js';

/** Opens and ends pages as versions are judged, in the judgement's own transaction. */
export class PageOnCall extends JudgementFollower {
  async judged({ alert, before, findings, corrected }: Judgement, desk: AlertDesk): Promise<void> {
    const { model, version, verdict } = alert;
    if (verdict.state !== 'FIRING') await turn(desk, alert, 'FeatureDrift', undefined, corrected);
    // A look without findings holds the alert: the page stays as it is, unless there is none.
    else if (findings.length > 0 || !(await desk.openPage({ name: 'FeatureDrift', model, version }))) {
      await turn(desk, alert, 'FeatureDrift', driftPage(model, version, verdict, findings), corrected);
    }
    if (verdict.state !== 'NO_DATA') return turn(desk, alert, 'NoData', undefined);
    // A version that was never asked, or whose successor is asked instead, has nothing to be missed.
    const fellSilent = before !== undefined && before.verdict.state !== 'NO_DATA';
    if (fellSilent && !(await successorIsAsked(desk, alert))) {
      await turn(desk, alert, 'NoData', silencePage(alert, before));
    }
  }

  async retired(alert: Alert, desk: AlertDesk): Promise<void> {
    await turn(desk, alert, 'FeatureDrift', undefined);
    await turn(desk, alert, 'NoData', undefined);
  }
}

async function turn(
  desk: AlertDesk,
  alert: Alert,
  name: PageName,
  content: PageContent | undefined,
  corrected?: string,
): Promise<void> {
  const { model, version, sinceMs, judgedToMs } = alert;
  const subject = { name, model, version };
  const open = await desk.openPage(subject);
  const turned = turnPage({ id: randomUUID(), ...subject }, open, content, { sinceMs, nowMs: judgedToMs });
  // Whoever reads the page is told that the past looks different now.
  const changed = turned.opened ?? turned.closed;
  if (changed && corrected !== undefined) changed.details = { ...changed.details, corrected };
  await desk.turn(turned);
}

async function successorIsAsked(desk: AlertDesk, { model, version }: Alert): Promise<boolean> {
  const others = (await desk.all()).filter((other) => other.model === model && other.version !== version);
  return others.some(({ verdict }) => verdict.state !== 'NO_DATA');
}

function silencePage({ model, version }: Alert, { verdict }: Alert): PageContent {
  return {
    severity: 'warning',
    summary: `${model} ${version} has answered nothing for an hour`,
    description: `It was ${verdict.state} before: ${verdict.why}. No data is not good news: its drift is not known.`,
    details: {},
  };
}

import type { Severity } from './judge-window.js';

/** What on-call can be paged for; each has a runbook of its name. */
export const pageNames = ['FeatureDrift', 'NoData', 'PerformanceDrop', 'RolloutHeld'] as const;
export type PageName = (typeof pageNames)[number];

/** What a page is about: there is never more than one open page for it. */
export interface PageSubject {
  name: PageName;
  model: string;
  version: number;
}

/** What a page says. */
export interface PageContent {
  severity: Severity;
  /** One line. */
  summary: string;
  description: string;
  /** More to read, by annotation name; empty ones are left out. */
  details: Record<string, string>;
}

export interface Page extends PageSubject, PageContent {
  /** UUID. */
  id: string;
  /** Since when it has been so, milliseconds since the epoch. */
  sinceMs: number;
  /** Absent: it goes on. */
  endedMs?: number;
}

/** What becomes of the open page of a subject. */
export interface PageTurn {
  closed?: Page;
  opened?: Page;
  /** The open page with what is known now: its text changes, its identity does not. */
  renewed?: Page;
}

const ranks: Record<Severity, number> = { warning: 0, critical: 1 };

/**
 * The next state of a page. `content` undefined ends it; `id` is for one that is opened. A page never becomes milder while it is open; one that becomes
 * graver is closed and opened anew, because the severity is a label, and labels are an alert's identity.
 */
export function turnPage(
  { id, ...subject }: PageSubject & { id: string },
  open: Page | undefined,
  content: PageContent | undefined,
  when: { sinceMs: number; nowMs: number },
): PageTurn {
  const closed = open && { ...open, endedMs: Math.max(when.nowMs, open.sinceMs) };
  if (!content) return closed ? { closed } : {};
  if (open && ranks[content.severity] <= ranks[open.severity]) {
    return { renewed: { ...open, ...content, severity: open.severity } };
  }
  return { ...(closed ? { closed } : {}), opened: { id, ...subject, ...content, sinceMs: when.sinceMs } };
}

/** What tells one page from another, for silences and for Alertmanager. No figure and no time is ever among them. */
export function labelsOf({ name, model, version, severity }: PageSubject & { severity: string }) {
  return { alertname: name, service: 'drift-monitor', model, model_version: String(version), severity };
}

/** Where pages lead; neither address ends with a slash. */
export interface Links {
  consoleUrl: string;
  runbookUrl: string;
}

/** What a page says, by annotation name. */
export function annotationsOf(page: Page, links: Links): Record<string, string> {
  const query = `model=${encodeURIComponent(page.model)}&version=${page.version}`;
  const annotations = {
    summary: page.summary,
    description: page.description,
    since: new Date(page.sinceMs).toISOString(),
    ...page.details,
    dashboard_url: `${links.consoleUrl}/?${query}`,
    runbook_url: `${links.runbookUrl}/${page.name}.md`,
  };
  return Object.fromEntries(Object.entries(annotations).filter(([, text]) => text !== ''));
}

import type { Config } from '../../config.js';
import type { Receiver } from '../../receivers.js';
import { Alertmanager } from './alertmanager.js';
import { Slack } from './slack.js';
import { Webhook } from './webhook.js';

/** Everybody the configuration wants to be told of pages. */
export function receiversOf(config: Config): Receiver[] {
  const { ALERTMANAGER_URLS, SLACK_WEBHOOK_URL, ALERT_WEBHOOK_URL, CONSOLE_URL: consoleUrl } = config;
  const links = { consoleUrl, runbookUrl: config.RUNBOOK_URL ?? `${consoleUrl}/runbooks` };
  return [
    ...ALERTMANAGER_URLS.map((url) => new Alertmanager(url, links)),
    ...(SLACK_WEBHOOK_URL ? [new Slack(SLACK_WEBHOOK_URL, links)] : []),
    ...(ALERT_WEBHOOK_URL ? [new Webhook(ALERT_WEBHOOK_URL, links)] : []),
  ];
}

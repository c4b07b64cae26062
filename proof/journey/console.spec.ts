import { afterAll, beforeAll, beforeEach, expect, it, jest } from '@jest/globals';
import { chromium, type Browser, type Page } from 'playwright-core';
import { describeWith } from '../../tools/real-part.mjs';
import { createDatabase } from './database.js';
import { demoVersion } from './demo-version.js';
import { furnish } from './furnish.js';
import { eventually, House } from './house.js';
import { drift, feedback, recommend } from './shop.js';

// A browser on a busy machine: nothing here is about time.
jest.setTimeout(60_000);

const widths = [1280, 400];
const hour = Date.UTC(2026, 6, 1, 12);
const from = '2026-07-01T12:00Z';
const features = ['basketSize', 'knownShare', 'topConfidence', 'items'];
const asked = 40;
const operatorKey = 'the operators of a test';
const channels = ['app', 'web'];
/** By channel, so that there are segments to look at. */
const useCase = {
  ...{ kind: 'recommendation', model: 'basket', ruleSet: 'shop', budgetMs: 60_000, fallback: ['best-sellers'] },
  segments: [{ name: 'channel', from: 'context.channel' }],
};

describeWith('PostgreSQL', 'DATABASE_URL', 'the console', () => {
  describeWith('Chromium', 'CHROMIUM_PATH', 'in a browser', () => {
    const cleanUp: (() => unknown)[] = [];
    let house: House;
    let browser: Browser;
    let page: Page;
    /** What the browser complains of: errors on its console, answers that are none, requests elsewhere. */
    let complaints: string[];

    beforeAll(async () => {
      const [database, version] = await Promise.all([
        createDatabase(process.env.DATABASE_URL as string),
        demoVersion(),
      ]);
      cleanUp.push(database.drop, version.remove);
      house = await House.open({ databaseUrl: database.url, environment: { MONITOR_OPERATOR_KEY: operatorKey } });
      cleanUp.push(() => house.close());
      const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
      browser = await chromium.launch({ executablePath: process.env.CHROMIUM_PATH as string, args });
      cleanUp.push(() => browser.close());
      const empty = await open('/');
      firstPage = await empty.locator('main').innerText();
      await empty.close();
      await furnish(house, version.dir, { 'use-case': useCase });
      for (let i = 0; i < asked; i++) {
        const basket = i % 2 ? ['milk', 'bread'] : ['milk'];
        const occurredAt = new Date(hour + i * 60_000).toISOString();
        const { predictionId } = await recommend(house, { basket, occurredAt, context: { channel: channels[i % 2] } });
        if (i % 4 === 0) await feedback(house, { predictionId, kind: 'purchased', skus: ['sugar'], revenue: 1.2 });
      }
      await eventually(
        'counted',
        () => drift(house, { model: 'basket', from: hour, to: hour + 3_600_000 }),
        ({ predictions }) => Number(predictions) === asked,
      );
    }, 240_000);
    beforeEach(() => {
      complaints = [];
    });
    afterAll(async () => {
      for (const clean of cleanUp.reverse()) await clean();
    }, 60_000);

    let firstPage = '';
    /** Opens an address of the page and waits until it has its answer. */
    async function open(path: string, width = 1280): Promise<Page> {
      const opened = await browser.newPage({ viewport: { width, height: 900 } });
      opened.on('console', (said) => said.type() === 'error' && complaints?.push(said.text()));
      opened.on('pageerror', (error) => complaints?.push(error.message));
      opened.on(
        'response',
        (answer) => answer.status() >= 400 && complaints?.push(`${answer.status()} ${answer.url()}`),
      );
      opened.on('request', (request) => request.url().startsWith(house.monitorUrl) || complaints?.push(request.url()));
      await opened.goto(house.monitorUrl + path);
      await opened.getByText('Updated').waitFor();
      return opened;
    }
    const theHour = `/?model=basket&version=1&from=${from}&to=2026-07-01T13:00Z`;
    const inTheHour = { model: 'basket', version: 1, from: hour, to: hour + 3_600_000 };

    it('says how to begin when there is no model yet', () => {
      expect(firstPage).toContain('No model is known yet');
      expect(firstPage).toContain('vinaigrette models push');
    });

    it.each(widths)('shows every feature with its plot and its PSI, %i px wide', async (width) => {
      page = await open(theHour, width);
      const known = await drift(house, inTheHour);
      for (const name of features) {
        const card = page.getByRole('article', { name });
        // Training knew every SKU it met: a constant, of which no PSI is told.
        const psi = known.features?.find((feature) => feature.name === name)?.psi;
        expect(await card.innerText()).toContain(psi === undefined ? 'PSI\n–' : psi.toFixed(3));
        const plot = card.getByRole('table').first();
        expect(await plot.locator('rect.expected').count()).toBeGreaterThan(1);
        expect(await plot.locator('rect.actual').count()).toBe(await plot.locator('rect.expected').count());
        expect(await plot.getByRole('rowheader').count()).toBe(await plot.locator('rect.actual').count());
      }
      const size = page.getByRole('article', { name: 'basketSize' });
      // Half of the baskets held one item, and none as many as seven.
      expect((await size.getByRole('row', { name: '[1, 2)' }).innerText()).split(/\s+/).slice(-2)).toEqual([
        '50.0',
        '%',
      ]);
      const bars = size.locator('rect.actual');
      const lengths = await bars.evaluateAll((all) => all.map((bar) => bar.getBoundingClientRect().width));
      expect(lengths[1]).toBeGreaterThan(40);
      expect(lengths.at(-1)).toBe(0);
      const figures = await page.locator('dl.figures').innerText();
      expect(figures).toMatch(/Predictions\s+40\s/);
      expect(figures).toMatch(/Hit rate@5\s+100\.0 %/);
      expect(figures).toMatch(/Coverage\s+25\.0 %/);
      expect(complaints).toEqual([]);
      await page.close();
    });

    it.each(widths)('scrolls in one direction only and names what it shows, %i px wide', async (width) => {
      page = await open(theHour, width);
      for (const fold of await page.locator('summary').all()) await fold.click();
      expect(await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')).toBe(
        0,
      );
      expect(await page.evaluate(faultsOfNames)).toEqual([]);
      await page.close();
    });

    it.each(widths)(
      'tells how right the version was, what was compared, and hides a rule, %i px wide',
      async (width) => {
        page = await open(theHour, width);
        const region = (name: string) => page.getByRole('region', { name });
        const right = await region('How right it was, and what it earns').innerText();
        expect(right).toContain('10 of 40 predictions (25.0 %)');
        expect(right).toMatch(/Hit rate@5\s+1\s+[\d.]+ to 1\s+10/);
        await region('Beside others').waitFor();
        await region('What was said at the time').getByText('No look ended in this window.').waitFor();
        const rules = region('Do its rules still hold?');
        const keys = ['', 'somebody who is no operator', operatorKey];
        page.on('dialog', (dialog) => dialog.accept(keys.shift()));
        for (const asking of [2, 1]) {
          await rules.getByRole('button').first().click();
          await page.getByText('needs the operators').waitFor();
          await eventually(
            'asked for the key',
            async () => keys.length,
            (left) => left === asking,
          );
        }
        // Asked for once: the second rule is hidden without.
        const told: string[] = [];
        for (const rule of [0, 1]) {
          await rules.getByRole('button').nth(rule).click();
          const says = await eventually(
            'hidden',
            () => rules.getByRole('status').innerText(),
            (text) => text !== '' && !told.includes(text),
          );
          told.push(says);
        }
        for (const says of told) expect(says).toMatch(/is hidden by shop \d+/);
        expect(keys).toEqual([]);
        expect(complaints.filter((said) => !/403/.test(said))).toEqual([]);
        await page.close();
      },
    );

    it('shows where to look first, by time and by segment, and reads out a cell to a pointer and to keys', async () => {
      page = await open(theHour);
      const byTime = page.getByRole('grid', { name: 'Features by time' });
      expect(await byTime.getByRole('rowheader').count()).toBe(features.length);
      expect(await byTime.getByRole('columnheader').allInnerTexts()).toEqual([
        'Feature',
        '07-01 12:00',
        ...['05', '10', '15', '20', '25', '30', '35', '40', '45', '50', '55'].map((minute) => `12:${minute}`),
      ]);
      const bySegment = page.getByRole('grid', { name: 'Features by segment' });
      const heads = (await bySegment.getByRole('columnheader').allInnerTexts()).slice(1);
      expect([heads[0], ...heads.slice(1).toSorted()]).toEqual(['All', 'channel=app', 'channel=web']);
      // Forty predictions are too few for a verdict, and twenty more so.
      const told = await bySegment.getByRole('gridcell').evaluateAll((all) => all.map((cell) => cell.ariaLabel));
      expect(told).toHaveLength(features.length * heads.length);
      expect(told.filter((words) => words?.includes('too few to judge'))).toHaveLength(told.length);

      await page.getByRole('gridcell').first().hover();
      const readout = page.locator('.map').first().locator('.readout');
      const row = await byTime.getByRole('rowheader').first().innerText();
      await readout.getByText(`${row}, 2026-07-01 12:00 to 12:05`).waitFor();
      await page.getByRole('gridcell').first().focus();
      await page.keyboard.press('ArrowRight');
      await page.keyboard.press('ArrowDown');
      const next = await byTime.getByRole('rowheader').nth(1).innerText();
      await readout.getByText(`${next}, 2026-07-01 12:05 to 12:10`).waitFor();
      expect(await page.evaluate('document.activeElement.ariaLabel')).toMatch(/times its floor/);
      await page.keyboard.press('Tab');
      await page.keyboard.press('Enter');
      await page.getByText('2026-07-01 12:05 to 12:10 UTC', { exact: true }).waitFor();
      expect(await page.locator('dl.figures').innerText()).toMatch(/Predictions\s+5\s/);
      expect(complaints).toEqual([]);
      await page.close();
    });

    it.each(['light', 'dark'] as const)('is read with enough contrast, %s', async (colorScheme) => {
      page = await open(theHour);
      await page.emulateMedia({ colorScheme });
      const ratios = (await page.evaluate(contrasts)) as Record<string, number>;
      expect(Object.keys(ratios)).toEqual(['calm', 'near', 'warning', 'critical', 'few', 'none']);
      // WCAG 2.2, 1.4.3: text that is not large.
      for (const [tone, ratio] of Object.entries(ratios)) expect([tone, ratio >= 4.5]).toEqual([tone, true]);
      await page.close();
    });

    it('looks at another window, by keyboard, and the address says so; back goes back', async () => {
      page = await open(theHour);
      await page.getByRole('radio', { name: 'From – to' }).focus();
      await page.keyboard.press('ArrowLeft');
      await page.getByText('No prediction in this window').waitFor();
      expect(new URL(page.url()).search).toBe('?model=basket&version=1&window=24h');
      expect(await page.evaluate('document.activeElement.value')).toBe('24h');
      await page.getByRole('link', { name: 'Show the day up to then' }).press('Enter');
      await page.getByRole('article', { name: 'items' }).waitFor();
      await page.goBack();
      await page.getByText('No prediction in this window').waitFor();
      await page.goBack();
      await page.getByText('2026-07-01 12:00 to 13:00 UTC').waitFor();

      await page.getByLabel('To (UTC)').fill('2026-07-01T12:20');
      await page.getByRole('button', { name: 'Show' }).click();
      await page.getByText('2026-07-01 12:00 to 12:20 UTC').waitFor();
      expect(await page.locator('dl.figures').innerText()).toMatch(/Predictions\s+20\s/);
      await page.getByLabel('Variant').selectOption('shadow');
      await page.getByText('No prediction of the variant shadow in this window').waitFor();
      expect(complaints).toEqual([]);
      await page.close();
    });

    it('orders by how far features moved, or as the baseline does', async () => {
      page = await open(theHour);
      const names = () => page.getByRole('heading', { level: 4 }).allInnerTexts();
      const effectOf = new Map(
        (await drift(house, inTheHour)).features?.map(({ name, effect }) => [name, effect as number]),
      );
      const shown = await names();
      expect(shown.toSorted()).toEqual(features.toSorted());
      const values = shown.map((name) => effectOf.get(name) as number);
      expect(values).toEqual(values.toSorted((a, b) => b - a));
      await page.getByRole('link', { name: 'Baseline order' }).click();
      expect(await names()).toEqual(features);
      await page.close();
    });

    it('refreshes without moving what the reader holds', async () => {
      page = await open(theHour);
      await page.clock.install();
      await page.reload();
      await page.getByRole('article', { name: 'items' }).locator('summary').click();
      await page.getByLabel('To (UTC)').focus();
      const scrolled = await page.evaluate('scrollTo(0, 600), scrollY');
      expect(scrolled).toBe(600);
      const answered = page.waitForResponse(/v1\/performance/);
      await page.clock.runFor(16_000);
      await answered;
      await page.clock.runFor(1_000);
      expect(await page.evaluate('document.activeElement.name')).toBe('to');
      expect(await page.locator('article[aria-labelledby="feature-items"] details').getAttribute('open')).toBe('');
      expect(await page.evaluate('scrollY')).toBe(scrolled);
      await page.close();
    });

    it('says of a version nobody knows that it is not there, and lists what is', async () => {
      page = await browser.newPage();
      await page.goto(`${house.monitorUrl}/?model=basket&version=77`);
      await page.getByRole('alert').getByText('has no version 77').waitFor();
      await page.getByRole('link', { name: 'Version 1' }).click();
      await page.getByText('No prediction in this window').waitFor();
      expect(await page.getByRole('alert').innerText()).toBe('');
      await page.close();
    });

    it('keeps what it has when the monitor goes, and carries on when it is back', async () => {
      page = await open(theHour);
      await house.kill('drift-monitor');
      await page.getByRole('button', { name: 'Pause' }).click();
      await page.getByText('The monitor does not answer').waitFor();
      expect(await page.getByRole('article').count()).toBe(features.length);
      await house.start('drift-monitor');
      await page.getByRole('button', { name: 'Try again' }).click();
      await page.getByText('The monitor does not answer').waitFor({ state: 'detached' });
      await page.close();
    }, 120_000);

    it.each([
      ['/', 'text/html'],
      ['/console.css', 'text/css'],
      ['/favicon.svg', 'image/svg+xml'],
      ['/modules/main.js', 'application/javascript'],
    ])('%s is %s, asked for again each time and sent again only when it changed', async (path, type) => {
      const { status, headers } = await fetch(house.monitorUrl + path);
      expect([status, headers.get('content-type')]).toEqual([200, expect.stringContaining(type)]);
      expect(headers.get('cache-control')).toBe('public, max-age=0');
      const etag = headers.get('etag') as string;
      expect(
        (await fetch(house.monitorUrl + path, { headers: { 'if-none-match': etag, 'cache-control': 'max-age=0' } }))
          .status,
      ).toBe(304);
    });

    it('cannot be made to run what it did not bring', async () => {
      page = await open(theHour);
      const ran = await page.evaluate(`(() => {
        const script = document.createElement('script');
        script.textContent = 'window.ran = true';
        document.body.append(script);
        return window.ran === true;
      })()`);
      expect(ran).toBe(false);
      expect(complaints.join()).toContain('Content Security Policy');
      await page.close();
    });
  });
});

/** Runs in the page: controls and pictures without a name, headings that skip a level, ids that are there twice. */
const faultsOfNames = `(() => {
  const faults = [];
  const nameOf = (element) =>
    element.getAttribute('aria-label') || element.closest('label')?.textContent || element.textContent;
  for (const element of document.querySelectorAll('a, button, input, select, summary, th')) {
    if (!nameOf(element)?.trim()) faults.push('without a name: ' + element.outerHTML);
  }
  for (const svg of document.querySelectorAll('svg:not([aria-hidden])')) faults.push('not hidden: ' + svg.outerHTML);
  const levels = [...document.querySelectorAll('h1, h2, h3, h4, h5, h6')].map((heading) => Number(heading.tagName[1]));
  if (levels.filter((level) => level === 1).length !== 1) faults.push('not one h1');
  levels.forEach((level, i) => i > 0 && level > levels[i - 1] + 1 && faults.push('a heading skips to ' + level));
  const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id);
  for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) faults.push('twice: ' + id);
  for (const table of document.querySelectorAll('table')) if (!table.caption) faults.push('a table without a caption');
  if (document.querySelectorAll('main').length !== 1 || !document.documentElement.lang) faults.push('no main, or no lang');
  return faults;
})()`;

/** Runs in the page: the contrast of a cell's figure with what is behind it, by tone; of a hatch with its strokes. */
const contrasts = `(() => {
  const luminance = (colour) => {
    const [r, g, b] = colour.match(/[\\d.]+/g).map(Number).map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const cell = document.querySelector('td.cell');
  const surface = getComputedStyle(document.querySelector('.heat')).backgroundColor;
  return Object.fromEntries(
    [...document.querySelectorAll('.legend .cell')].map(({ classList }) => {
      const tone = [...classList].at(-1);
      cell.className = 'cell ' + tone;
      const { color, backgroundColor, backgroundImage } = getComputedStyle(cell);
      const painted = backgroundColor.startsWith('rgba(0, 0, 0, 0') ? surface : backgroundColor;
      const behind = backgroundImage.match(/rgb\\([^)]*\\)/)?.[0] ?? painted;
      const [low, high] = [luminance(color), luminance(behind)].sort((a, b) => a - b);
      return [tone, (high + 0.05) / (low + 0.05)];
    }),
  );
})()`;

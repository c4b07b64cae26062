import type { Basket } from './basket.js';
import { canonicalSku, policies, reasonOf, reasons, type Policy, type Reason, type SalesLine } from './cleaning.js';
import type { SalesWindow } from './sales-window.js';

/** What became of every line read: `lines` = `outsideWindow` + the dropped ones + `repeats` + `kept`. */
export interface CleaningReport {
  policy: Policy;
  lines: number;
  /** Lines sold before or after the window asked for; nothing else is counted of them. */
  outsideWindow: number;
  /** Lines by the first reason that fits them, where the first stood, and whether the policy drops such lines. */
  found: Record<Reason, { lines: number; dropped: boolean; firstLine: number | null }>;
  /** Lines of a SKU that its basket already holds. */
  repeats: number;
  firstRepeat: number | null;
  /** Lines that put a SKU into a basket. */
  kept: number;
  baskets: number;
  distinctSkus: number;
}

interface OpenBasket {
  soldAtMs: number | undefined;
  skus: Set<string>;
}

/** Puts lines into baskets, one line after another, so that a reader need not hold its file. */
export class BasketGatherer {
  private readonly open = new Map<string, OpenBasket>();
  /** One text object a SKU, however many lines name it. */
  private readonly texts = new Map<string, string>();
  private readonly found: CleaningReport['found'];
  private lines = 0;
  private outsideWindow = 0;
  private repeats = 0;
  private firstRepeat: number | null = null;
  private kept = 0;

  constructor(
    private readonly policy: Policy,
    private readonly window: SalesWindow = {},
  ) {
    const dropped: readonly Reason[] = policies[policy];
    this.found = Object.fromEntries(
      reasons.map((reason) => [reason, { lines: 0, dropped: dropped.includes(reason), firstLine: null }]),
    ) as CleaningReport['found'];
  }

  add(line: SalesLine): void {
    this.lines++;
    if (!this.isInside(line.soldAtMs)) {
      this.outsideWindow++;
      return;
    }
    const reason = reasonOf(line);
    if (reason) {
      this.found[reason].lines++;
      this.found[reason].firstLine ??= line.line;
      if (this.found[reason].dropped) return;
    }
    this.put(line);
  }

  /** The baskets in the order of their first lines. */
  finish(): { baskets: Basket[]; report: CleaningReport } {
    const baskets = Array.from(this.open, ([id, { soldAtMs, skus }]) => ({ id, soldAtMs, skus: [...skus] }));
    const { policy, lines, outsideWindow, found, repeats, firstRepeat, kept } = this;
    const report = {
      policy,
      lines,
      outsideWindow,
      found,
      repeats,
      firstRepeat,
      kept,
      baskets: baskets.length,
      distinctSkus: this.texts.size,
    };
    return { baskets, report };
  }

  private put(line: SalesLine): void {
    let basket = this.open.get(line.invoice);
    if (!basket) {
      basket = { soldAtMs: line.soldAtMs, skus: new Set() };
      this.open.set(line.invoice, basket);
    }
    const spelling = canonicalSku(line.sku, this.policy);
    const sku = this.texts.get(spelling) ?? spelling;
    this.texts.set(sku, sku);
    if (basket.skus.has(sku)) {
      this.repeats++;
      this.firstRepeat ??= line.line;
      return;
    }
    basket.skus.add(sku);
    this.kept++;
  }

  /** A line without a date always is. */
  private isInside(soldAtMs: number | undefined): boolean {
    if (soldAtMs === undefined) return true;
    const { fromMs = -Infinity, toMs = Infinity } = this.window;
    return soldAtMs >= fromMs && soldAtMs < toMs;
  }
}

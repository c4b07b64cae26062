import { Problem } from '@vinaigrette/problems';
import type { WantedModel } from './domain/plan-versions.js';
import type { ServeWanted } from './serve-wanted.js';

/**
 * Callers' own say in what is served, where the operator allows it: a model set aside is let go, whatever the source
 * wants, until it is asked for again. Nothing of it outlives the process.
 */
export class ControlModels {
  private wanted: readonly WantedModel[] = [];
  private readonly aside = new Set<string>();

  constructor(
    private readonly models: ServeWanted,
    private readonly allowed: boolean,
  ) {}

  /** Takes what the source wants; settles when each version of it is ready or was found unfit. */
  apply(wanted: readonly WantedModel[]): Promise<void> {
    this.wanted = wanted;
    return this.models.apply(wanted.filter(({ name }) => !this.aside.has(name)));
  }

  /** Names set aside at the moment. */
  setAside(): string[] {
    return this.wanted.map(({ name }) => name).filter((name) => this.aside.has(name));
  }

  /** Settles when the model serves; one that was found unfit is tried again. Throws why it does not. */
  async load(model: string): Promise<void> {
    this.check(model);
    if (!this.models.isReady(model, '')) {
      this.aside.add(model); // what is unfit is forgotten only when it is let go
      void this.apply(this.wanted);
    }
    this.aside.delete(model);
    await this.apply(this.wanted);
    this.models.find(model, '');
  }

  unload(model: string): void {
    this.check(model);
    this.aside.add(model);
    void this.apply(this.wanted);
  }

  private check(model: string): void {
    if (!this.allowed) {
      const text =
        'Callers may not load and unload here: what is served is decided where this server is told what to serve';
      throw new Problem('MODEL_CONTROL_OFF', text);
    }
    if (!this.wanted.some(({ name }) => name === model)) {
      throw new Problem('MODEL_NOT_FOUND', `There is no model ${JSON.stringify(model.slice(0, 64))} to load or unload`);
    }
  }
}

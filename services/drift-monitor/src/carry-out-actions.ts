import type { Logger } from '@vinaigrette/edge';
import type { Action, Actions, Answered, RegistryActions } from './actions.js';

/** Does what was decided, each once, for as long as the registry is away. */
export class CarryOutActions {
  constructor(
    private readonly actions: Actions,
    private readonly registry: RegistryActions,
    private readonly logger: Logger,
  ) {}

  run(): Promise<void> {
    return this.actions.carryOut(async (action) => {
      const answered = await this.ask(action);
      const { key, why } = action;
      this.logger.warn({ key, why, answer: answered.answer }, answered.done ? 'acted' : 'the registry refused to act');
      return answered;
    });
  }

  private ask({ kind, model, version, detail, why, evidence }: Action): Promise<Answered> {
    if (kind === 'roll-back') return this.registry.rollBack(model, version, `drift-monitor: ${why}`);
    return this.registry.reportVerdict(detail.rolloutId ?? '', detail.verdict ?? 'HOLD', why, JSON.stringify(evidence));
  }
}

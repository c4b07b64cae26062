import { randomUUID } from 'node:crypto';
import { RolloutState, type Rollout } from '@vinaigrette/contracts/registry';
import type { Actions } from './actions.js';
import { turnPage, type PageContent, type PageSubject } from './domain/page.js';
import type { Pages } from './pages.js';
import type { WantedNow } from './wanted-now.js';

/** How a gateway begins its name where it reports on a rollout. */
const GATEWAY = 'app-gateway ';

/**
 * Pages for each rollout that a gateway has paused, until it goes on or ends: its two sides are not in the ratio that was
 * drawn, so nobody can tell which is better. Who pauses one by hand knows, and drift that pauses one has a page of its own.
 */
export class PageHeldRollouts {
  constructor(
    private readonly actions: Actions,
    private readonly pages: Pages,
    private readonly wanted: WantedNow,
  ) {}

  async run(nowMs: number): Promise<void> {
    const held = this.wanted
      .allRollouts()
      .filter(({ state, actor }) => state === RolloutState.PAUSED && actor.startsWith(GATEWAY));
    const open = (await this.pages.list('')).filter(
      ({ name, endedMs }) => name === 'RolloutHeld' && endedMs === undefined,
    );
    if (held.length === 0 && open.length === 0) return;
    const over = open.filter((page) => !held.some((rollout) => isAbout(page, rollout)));
    await this.actions.exclusively(async (desk) => {
      const turn = async ({ name, model, version }: PageSubject, content: PageContent | undefined, sinceMs: number) => {
        const subject = { name, model, version };
        const turned = turnPage({ id: randomUUID(), ...subject }, await desk.openPage(subject), content, {
          sinceMs,
          nowMs,
        });
        await desk.turn(turned);
      };
      for (const rollout of held) await turn(subjectOf(rollout), contentOf(rollout), Number(rollout.changedAtMs));
      for (const page of over) await turn(page, undefined, page.sinceMs);
    });
  }
}

/** A rollout of a document stands where a model would, with its kind. */
function subjectOf({ subject, candidate }: Rollout): PageSubject {
  const { kind, name } = subject ?? { kind: '', name: '' };
  return { name: 'RolloutHeld', model: kind === 'model' ? name : `${kind}/${name}`, version: candidate };
}

function isAbout({ model, version }: PageSubject, rollout: Rollout): boolean {
  const subject = subjectOf(rollout);
  return model === subject.model && version === subject.version;
}

function contentOf(rollout: Rollout): PageContent {
  const { model, version } = subjectOf(rollout);
  return {
    severity: 'warning',
    summary: `The rollout of ${model} ${version} is held: its sides cannot be compared`,
    description: `${rollout.actor} paused ${rollout.variant}: ${rollout.reason}`,
    details: { rollout: rollout.id },
  };
}

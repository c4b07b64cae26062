import { windowNames, type WindowName } from './pane.js';
import type { Look, Severity } from './judge-window.js';

export type AlertState = 'OK' | 'PENDING' | 'FIRING' | 'NO_DATA' | 'INSUFFICIENT' | 'NO_BASELINE';

/** How many looks decide. */
export interface AlertRule {
  /** Drifted in so many of the last `of` looks: it fires. */
  drifted: number;
  of: number;
  /** So many clear looks in a row: it ends. */
  clear: number;
}
export const defaultAlertRule: AlertRule = { drifted: 3, of: 4, clear: 2 };

/** What is remembered of a window between two looks. */
export interface WindowMemory {
  /** The last looks that said something about drift, oldest first. */
  recent: ('drifted' | 'lingering' | 'clear')[];
  firing: boolean;
  /** The last look, and the last one that had drifted: an alert keeps it while nothing new is known. */
  last: Look;
  drift?: Look & { kind: 'drifted' };
}
export type AlertMemory = Partial<Record<WindowName, WindowMemory>>;

/** What on-call is told of one model version. */
export interface Verdict {
  state: AlertState;
  why: string;
  severity: Severity | '';
  /** The guilty ones, worst first. */
  features: string[];
  /** Why the version is too old by its policy; empty or absent: it is not. */
  stale?: string;
}

/** The memory after one more look. A look without evidence changes nothing but itself: the last verdict is held. */
export function remember(
  before: WindowMemory | undefined,
  look: Look,
  rule: AlertRule = defaultAlertRule,
): WindowMemory {
  const { recent, firing, drift } = before ?? { recent: [], firing: false };
  if (look.kind !== 'drifted' && look.kind !== 'lingering' && look.kind !== 'clear') {
    return { recent, firing, last: look, ...(drift ? { drift } : {}) };
  }
  const looks = [...recent, look.kind].slice(-rule.of);
  const latest = look.kind === 'drifted' ? look : drift;
  if (firing) {
    const quiet = looks.length >= rule.clear && looks.slice(-rule.clear).every((kind) => kind === 'clear');
    if (quiet) return { recent: [], firing: false, last: look };
  }
  const fires = firing || looks.filter((kind) => kind === 'drifted').length >= rule.drifted;
  return { recent: looks, firing: fires, last: look, ...(latest ? { drift: latest } : {}) };
}

/** One state from both windows: an alert is held whatever comes after it; then the last hour's silence counts most. */
export function verdictOf(memory: AlertMemory): Verdict {
  const seen = windowNames.flatMap((window) => (memory[window] ? [{ window, ...memory[window] }] : []));
  const firing = seen.filter((window) => window.firing && window.drift);
  if (firing.length > 0) {
    const severity = firing.some(({ drift }) => drift?.severity === 'critical') ? 'critical' : 'warning';
    const features = [...new Set(firing.flatMap(({ drift }) => drift?.features ?? []))];
    return {
      state: 'FIRING',
      severity,
      features,
      why: firing.map((w) => `${w.window}: ${w.drift?.why}${held(w)}`).join('. '),
    };
  }
  const pending = seen.find(({ last }) => last.kind === 'drifted');
  if (pending?.last.kind === 'drifted') {
    const { severity, features, why } = pending.last;
    return { state: 'PENDING', severity, features, why: `${pending.window}: ${why}` };
  }
  const quiet = (state: AlertState, kinds: Look['kind'][], only?: WindowName): Verdict | undefined => {
    const found = seen.find(({ window, last }) => kinds.includes(last.kind) && (only === undefined || only === window));
    return found && { state, severity: '', features: [], why: `${found.window}: ${found.last.why}` };
  };
  return (
    quiet('NO_DATA', ['no-data'], '1h') ??
    quiet('NO_BASELINE', ['no-baseline']) ??
    quiet('OK', ['clear', 'lingering']) ??
    quiet('INSUFFICIENT', ['insufficient']) ??
    quiet('NO_DATA', ['no-data']) ?? { state: 'NO_DATA', severity: '', features: [], why: 'not looked at yet' }
  );
}

/** What one look alone says: a range in the past has no alert, and no history to fire from. */
export function verdictOfLook(look: Look): Verdict {
  return { ...verdictOf({ '1h': { recent: [], firing: false, last: look } }), why: look.why };
}

const held = ({ last }: WindowMemory) => (last.kind === 'drifted' ? '' : ` (held; now ${last.why})`);

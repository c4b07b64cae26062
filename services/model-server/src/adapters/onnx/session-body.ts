import { Problem, problemOf } from '@vinaigrette/problems';
import { firstLine, OnnxSession } from './onnx-session.js';
import type { FromSession, ToSession } from './session-messages.js';

/** How often, at most, an answer says how much memory its process has. */
const MEMORY_INTERVAL_MS = 1_000;

/**
 * What a session's own thread or process does: it proves what it is told to, then runs what it is sent. `say` answers,
 * `end` lets go of what keeps the thread or process alive.
 */
export function sessionBody(
  say: (message: FromSession) => void,
  end: () => void,
): (message: ToSession) => Promise<void> {
  let session: OnnxSession | undefined;
  let memorySaidMs = 0;

  const release = async () => {
    await session?.release();
    session = undefined;
  };
  const memoryMb = () => {
    if (performance.now() - memorySaidMs < MEMORY_INTERVAL_MS) return 0;
    memorySaidMs = performance.now();
    return Math.ceil(process.memoryUsage.rss() / 2 ** 20);
  };
  return async (message) => {
    if (message.kind === 'stop') end();
    if (message.kind === 'stop' || message.kind === 'release') return release();
    try {
      if (message.kind === 'prove') {
        const proved = await OnnxSession.prove(message.files, message.warmUp);
        session = proved.session;
        return say({ kind: 'proved', proof: proved.proof });
      }
      if (!session) throw new Problem('INTERNAL', 'Nothing was proved here that could be run');
      const outputs = await session.run(message.inputs);
      say({ kind: 'answer', outputs, memoryMb: memoryMb() });
    } catch (error) {
      const { code, message: reason } = problemOf(error);
      const text = code === 'INTERNAL' ? firstLine(error) : reason;
      say(message.kind === 'run' ? { kind: 'failure', message: text } : { kind: 'unfit', code, message: text });
    }
  };
}

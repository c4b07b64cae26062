import { setTimeout as sleep } from 'node:timers/promises';
import { encodeRequest, ModelServers, type ModelAnswer } from '@vinaigrette/app-gateway/parts';
import type { ClientTls } from '@vinaigrette/edge';
import { Problem } from '@vinaigrette/problems';
import type { Tensors } from '@vinaigrette/serving';

/** Longest one call may take, in milliseconds: it holds thousands of rows. */
const CALL_TIMEOUT_MS = 60_000;

/** How long a model server may be away before a batch gives up, in milliseconds. */
const PATIENCE_MS = 60_000;

const PAUSE_MS = 250;

/** What another try may mend. */
const passing: ReadonlySet<string> = new Set(['unavailable', 'timeout', 'not-ready']);

/** One version of a model, asked by its number, so that no alias that moves meanwhile changes who answers. */
export class AskVersion {
  private readonly servers: ModelServers;

  constructor(
    addresses: readonly string[],
    private readonly subject: { model: string; version: number },
    tls?: ClientTls,
  ) {
    this.servers = new ModelServers(addresses, tls);
  }

  /**
   * The answer, or the model's refusal of what was sent. Waits for a server that is away or loading; throws
   * MODEL_NOT_READY or UPSTREAM_UNAVAILABLE when it stays so.
   */
  async ask(inputs: Tensors): Promise<Extract<ModelAnswer, { ok: true }> | { ok: false; why: string }> {
    const { model, version } = this.subject;
    const request = encodeRequest(model, String(version), inputs);
    const givesUpMs = performance.now() + PATIENCE_MS;
    for (;;) {
      const answer = await this.servers.infer(request, performance.now() + CALL_TIMEOUT_MS);
      if (answer.ok) return answer;
      if (answer.reason === 'refused') return { ok: false, why: answer.why };
      if (!passing.has(answer.reason) || performance.now() >= givesUpMs) {
        const code = answer.reason === 'not-ready' ? 'MODEL_NOT_READY' : 'UPSTREAM_UNAVAILABLE';
        throw new Problem(code, `${model} ${version} gave no answer (${answer.reason}): ${answer.why}`);
      }
      await sleep(PAUSE_MS);
    }
  }

  close(): void {
    this.servers.close();
  }
}

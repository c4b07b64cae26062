export interface Retention {
  /** Finished segments go, oldest first, while the topic is larger than this. */
  retentionBytesMax: number;
  /** Finished segments go when their last record is older than this. */
  retentionAgeMsMax: number;
  /** Above this size segments go even when Kafka does not have them yet. */
  retentionHardBytesMax: number;
}

/** A segment that is not written any more. Sequences inside it have no gaps. */
export interface FinishedSegment {
  number: number;
  first: bigint;
  /** Below `first` when it holds no record. */
  last: bigint;
  bytes: number;
  writtenAtMs: number;
}

export interface Expired {
  segment: FinishedSegment;
  /** Records that are lost to Kafka by deleting it. */
  unshippedRecords: number;
}

/**
 * Which segments to delete, oldest first; the kept ones are always the newest. `finished` is in order; `openBytes` is
 * the size of the segment being written; `shippedNext` is the first sequence Kafka may not have, undefined when nothing
 * is shipped.
 */
export function chooseExpired(
  finished: readonly FinishedSegment[],
  openBytes: number,
  nowMs: number,
  retention: Retention,
  shippedNext: bigint | undefined,
): Expired[] {
  let total = openBytes + finished.reduce((sum, segment) => sum + segment.bytes, 0);
  const expired: Expired[] = [];
  for (const segment of finished) {
    const tooOld = nowMs - segment.writtenAtMs > retention.retentionAgeMsMax;
    const isEmpty = segment.last < segment.first;
    if (!tooOld && !isEmpty && total <= retention.retentionBytesMax) break;
    const unshipped = shippedNext === undefined || isEmpty ? 0n : unshippedOf(segment, shippedNext);
    if (unshipped > 0n && total <= retention.retentionHardBytesMax) break;
    expired.push({ segment, unshippedRecords: Number(unshipped) });
    total -= segment.bytes;
  }
  return expired;
}

function unshippedOf({ first, last }: FinishedSegment, shippedNext: bigint): bigint {
  if (last < shippedNext) return 0n;
  return last - (shippedNext > first ? shippedNext : first) + 1n;
}

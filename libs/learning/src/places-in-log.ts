/** Where a record stands in the log. */
export interface Place {
  offset: bigint;
  gatewayId: string;
  sequence: bigint;
}

/** By partition, `topic/partition`: the first offset still wanted, and the last sequence of each gateway, as texts. */
export type SavedPlaces = Record<string, { next: string; sequences: Record<string, string> }>;

/**
 * How far each partition of the log was read. Kept with what was made of it, in one file: then each record counts once,
 * whatever is read again after a crash, a rebalance or a second shipping.
 */
export class PlacesInLog {
  private readonly places = new Map<string, { next: bigint; sequences: Map<string, bigint> }>();

  constructor(saved: SavedPlaces = {}) {
    for (const [name, { next, sequences }] of Object.entries(saved)) {
      const last = Object.entries(sequences).map(([gateway, sequence]): [string, bigint] => [
        gateway,
        BigInt(sequence),
      ]);
      this.places.set(name, { next: BigInt(next), sequences: new Map(last) });
    }
  }

  next(topic: string, partition: string): bigint {
    return this.places.get(`${topic}/${partition}`)?.next ?? 0n;
  }

  /** Those that were not taken before; from now on they were. Sequences of a gateway only grow within a partition. */
  take<Record extends Place>(topic: string, partition: string, records: readonly Record[]): Record[] {
    const name = `${topic}/${partition}`;
    const place = this.places.get(name) ?? { next: 0n, sequences: new Map<string, bigint>() };
    this.places.set(name, place);
    let { next } = place;
    let gateway = '';
    let last = -1n;
    const fresh = records.filter(({ offset, gatewayId, sequence }) => {
      if (offset < next) return false;
      next = offset + 1n;
      if (gatewayId !== gateway) {
        if (gateway !== '') place.sequences.set(gateway, last);
        gateway = gatewayId;
        last = place.sequences.get(gatewayId) ?? -1n;
      }
      if (sequence <= last) return false;
      last = sequence;
      return true;
    });
    place.next = next;
    if (gateway !== '') place.sequences.set(gateway, last);
    return fresh;
  }

  save(): SavedPlaces {
    const saved = [...this.places].map(([name, { next, sequences }]) => {
      const texts = [...sequences].map(([gateway, sequence]) => [gateway, String(sequence)]);
      return [name, { next: String(next), sequences: Object.fromEntries(texts) }];
    });
    return Object.fromEntries(saved) as SavedPlaces;
  }
}

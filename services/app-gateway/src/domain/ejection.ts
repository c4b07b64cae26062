/** Whether each of the last requests went wrong, oldest first. */
export class LastRequests {
  private readonly wrong: boolean[] = [];
  private wrongOnes = 0;

  constructor(private readonly requestsMax: number) {}

  add(wrong: boolean): void {
    this.wrong.push(wrong);
    this.wrongOnes += Number(wrong);
    if (this.wrong.length > this.requestsMax) this.wrongOnes -= Number(this.wrong.shift());
  }

  get errors(): number {
    return this.wrongOnes;
  }

  get requests(): number {
    return this.wrong.length;
  }
}

export interface EjectionPolicy {
  /** Of so many last requests of each side. */
  requestsMax: number;
  /** Fewer requests of the candidate prove nothing. */
  requestsMin: number;
  /** Share of the candidate's requests that went wrong, from which it is plainly broken, 0..1. */
  errorShareMin: number;
  /** So many times the share of what is in force: when the whole house is down, the candidate is not to blame. */
  timesInForce: number;
}

export const ejectionPolicy: EjectionPolicy = {
  requestsMax: 50,
  requestsMin: 20,
  errorShareMin: 0.5,
  timesInForce: 3,
};

type Errors = Pick<LastRequests, 'requests' | 'errors'>;

/** Why a replica stops sending units to a candidate at once, without asking anybody; undefined: it goes on. */
export function reasonToEject(candidate: Errors, inForce: Errors, policy: EjectionPolicy): string | undefined {
  if (candidate.requests < policy.requestsMin) return undefined;
  const share = shareOf(candidate);
  if (share < policy.errorShareMin || share < policy.timesInForce * shareOf(inForce)) return undefined;
  const others = `${inForce.errors} of ${inForce.requests} of what is in force`;
  return `${candidate.errors} of the last ${candidate.requests} requests went wrong, against ${others}`;
}

const shareOf = ({ requests, errors }: Errors): number => (requests === 0 ? 0 : errors / requests);

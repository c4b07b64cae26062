/** What an inspection may use. */
export interface Limits {
  timeoutMs: number;
  /** Resident memory of its process, the runtime's own about 100 MB included. */
  memoryBytesMax: number;
}

/** The last word of an inspection that was ended, on its standard error. */
export const OVER_TIME = 'inspection-over-time';
export const OVER_MEMORY = 'inspection-over-memory';

import type { Outcome, Prediction } from '@vinaigrette/contracts/events';

/**
 * What happened, for the drift monitor and for whoever asks later. A record is with the operating system when the call
 * returns, so that a killed process loses none. Never throws: what could not be written is counted and shown.
 */
export abstract class PredictionLog {
  abstract predicted(prediction: Prediction): void;
  abstract becameOf(outcome: Outcome): void;
}

import { toBinary } from '@bufbuild/protobuf';
import { OutcomeSchema, PredictionSchema, type Outcome, type Prediction } from '@vinaigrette/contracts/events';
import type { EventLogWriter } from '@vinaigrette/event-log';
import { PredictionLog } from '../../prediction-log.js';

/** The log in segments on this machine, in front of Kafka where there is one. */
export class SegmentPredictionLog extends PredictionLog {
  constructor(private readonly writer: EventLogWriter) {
    super();
  }

  predicted(prediction: Prediction): void {
    this.writer.append('predictions', prediction.unit, toBinary(PredictionSchema, prediction));
  }

  becameOf(outcome: Outcome): void {
    this.writer.append('outcomes', outcome.predictionId, toBinary(OutcomeSchema, outcome));
  }
}

import { toBinary } from '@bufbuild/protobuf';
import { OutcomeSchema, PredictionSchema, type Outcome, type Prediction } from '@vinaigrette/contracts/events';
import type { EventLogWriter } from '@vinaigrette/event-log';
import type { RecentTexts } from '../../domain/recent-texts.js';
import { PredictionLog } from '../../prediction-log.js';

/** The log in segments on this machine, in front of Kafka where there is one. */
export class SegmentPredictionLog extends PredictionLog {
  /** `made`: is told the id of every prediction. */
  constructor(
    private readonly writer: EventLogWriter,
    private readonly made: RecentTexts,
  ) {
    super();
  }

  predicted(prediction: Prediction): void {
    this.made.add(prediction.predictionId);
    this.writer.append('predictions', prediction.unit, toBinary(PredictionSchema, prediction));
  }

  becameOf(outcome: Outcome): void {
    this.writer.append('outcomes', outcome.predictionId, toBinary(OutcomeSchema, outcome));
  }
}

import { toBinary } from '@bufbuild/protobuf';
import { OutcomeSchema, type Outcome, type Prediction } from '@vinaigrette/contracts/events';
import type { EventLogWriter } from '@vinaigrette/event-log';
import type { RecentTexts } from '../../domain/recent-texts.js';
import { PredictionLog } from '../../prediction-log.js';
import { PredictionEncoder } from './encode-prediction.js';

/** The log in segments on this machine, in front of Kafka where there is one. */
export class SegmentPredictionLog extends PredictionLog {
  private readonly encoder = new PredictionEncoder();

  /** `made`: is told the id of every prediction. */
  constructor(
    private readonly writer: EventLogWriter,
    private readonly made: RecentTexts,
  ) {
    super();
  }

  predicted(prediction: Prediction): void {
    this.made.add(prediction.predictionId);
    this.writer.append('predictions', prediction.unit, this.encoder.encode(prediction));
  }

  becameOf(outcome: Outcome): void {
    this.writer.append('outcomes', outcome.predictionId, toBinary(OutcomeSchema, outcome));
  }
}

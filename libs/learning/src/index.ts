export { Decay } from './decay.js';
export { isHeldOut } from './is-held-out.js';
export { JoinOutcomes, type JoinCounts, type JoinLimits, type SavedJoin } from './join-outcomes.js';
export { Newest, type Dated } from './newest.js';
export { OnlineModel, type Judged, type Labelled, type Outcome, type Refusal } from './online-model.js';
export { PlacesInLog, type Place, type SavedPlaces } from './places-in-log.js';

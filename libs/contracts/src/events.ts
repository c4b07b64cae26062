export * from './gen/vinaigrette/events/v1/events_pb.js';

export * from './gen/vinaigrette/monitor/v1/monitor_pb.js';

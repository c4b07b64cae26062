export {
  planHouse,
  portVariables,
  serviceNames,
  type Ports,
  type ServiceName,
  type ServicePlan,
} from './domain/plan-house.js';

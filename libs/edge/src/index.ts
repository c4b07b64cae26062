export { configOrExit, readEnvironment } from './read-environment.js';
export { explainTakenPort } from './taken-port.js';
export { createLogger, type Logger } from './logger.js';
export {
  announceProblem,
  answerProblem,
  installProblemAnswers,
  problemOfRequest,
  routeNotFound,
} from './problem-answers.js';
export { runUntilSignal } from './run-until-signal.js';
export { checkKafka, kafkaSecurityOf, kafkaVariables, type KafkaSecurity } from './kafka-variables.js';
export { checkTls, tlsOf, tlsVariables, type ClientTls, type ServerTls, type Tls } from './tls.js';

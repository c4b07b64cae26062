import type { ProblemKind } from './kinds.js';

/**
 * Every failure a caller can meet, and what to do about it. A code is for ever; a remedy may improve. Sorted by code;
 * docs/errors.md lists the same, held true by a test.
 */
export const problems = {
  ALIAS_MOVED: {
    kind: 'conflict',
    remedy: 'Read who holds the alias now, decide again, and send that version as the expected one',
  },
  ALREADY_RUNNING: {
    kind: 'conflict',
    remedy: 'Stop the process the message names (Ctrl-C where it runs), or set STATE_DIR to another folder',
  },
  ARTIFACT_CORRUPT: {
    kind: 'invalid',
    remedy: 'Upload the file again: its bytes are not the ones its SHA-256 names',
  },
  ARTIFACT_IMMUTABLE: {
    kind: 'conflict',
    remedy: 'Log the files under another path: those of a registered version stay as they are',
  },
  ARTIFACT_NOT_FOUND: { kind: 'not-found', remedy: 'Upload the artefact first, then name it by its SHA-256' },
  BACKUP_INVALID: {
    kind: 'invalid',
    remedy: 'Restore with the registry of the version that made the backup, from a copy that is whole',
  },
  BAD_LINES_TOO_MANY: {
    kind: 'invalid',
    remedy: 'Correct the lines that the file of rejects lists, or allow a larger share with --bad-lines-max',
  },
  BASELINE_INVALID: {
    kind: 'invalid',
    remedy: 'Build the baseline again with the training rows, as libs/drift describes it, and do not edit it by hand',
  },
  BATCH_CHANGED: {
    kind: 'conflict',
    remedy: 'Ask for what was begun, or begin anew with --restart',
  },
  BATCH_INPUT_INVALID: {
    kind: 'invalid',
    remedy: 'Bring the columns that the use case reads, under their names; --help tells what they hold',
  },
  BATCH_OUTPUT_TAKEN: {
    kind: 'conflict',
    remedy: 'Choose another output, take that one away, or write over it with --restart',
  },
  BATCH_RUNNING: {
    kind: 'conflict',
    remedy: 'Wait for the run that writes there, or end it and call again: it goes on where that one stood',
  },
  BODY_INVALID: {
    kind: 'invalid',
    remedy: "Send the fields that the API reference (a gateway's is at /docs) names, in its types",
  },
  BODY_NOT_JSON: { kind: 'malformed', remedy: 'Send valid JSON with Content-Type: application/json' },
  BODY_TOO_LARGE: { kind: 'too-large', remedy: 'Send a smaller body; the limit is in the message' },
  CONFIGURATION_MISSING: {
    kind: 'unavailable',
    remedy: 'Wait until the gateway has heard from the registry; /readyz says what is missing',
  },
  DATABASE_NOT_STARTED: {
    kind: 'unavailable',
    remedy: 'Mend what the message says, or set DATABASE_URL to a PostgreSQL of your own',
  },
  DATABASE_UNREACHABLE: {
    kind: 'unavailable',
    remedy: 'Start that PostgreSQL or correct DATABASE_URL; unset it to use a PostgreSQL that starts by itself',
  },
  DATA_NOT_FOUND: {
    kind: 'not-found',
    remedy: 'List the data versions (vinaigrette data list), and check the name, the digest and DATA_STORE',
  },
  DELIVERY_NOT_FOUND: { kind: 'not-found', remedy: 'List the deliveries and check the id; old ones are forgotten' },
  DOCUMENT_INVALID: { kind: 'invalid', remedy: 'Correct the field the message names, then put the document again' },
  DOCUMENT_NOT_FOUND: { kind: 'not-found', remedy: 'List the documents and check kind, name and version' },
  EVENT_TIME_NOT_TRUSTED: {
    kind: 'forbidden',
    remedy: 'Leave occurredAt out, or send the token of a trusted caller in x-vinaigrette-token',
  },
  EXECUTOR_LOST: {
    kind: 'unavailable',
    remedy: 'Try again: what ran the model ended and is being replaced',
  },
  EXPERIMENT_NOT_FOUND: { kind: 'not-found', remedy: 'Search the experiments and check id or name' },
  FILE_UNREADABLE: { kind: 'invalid', remedy: 'Check the path, what it holds, and that you may read it' },
  GATE_NOT_PASSED: {
    kind: 'conflict',
    remedy: 'Bring the evidence that the message names; or force the promotion, which the history shows for ever',
  },
  GOLDEN_MISMATCH: {
    kind: 'invalid',
    remedy: 'Make the golden answers again with the very model.onnx that is registered',
  },
  IMPORT_DATA_INVALID: {
    kind: 'invalid',
    remedy: 'Give a table with a column for each input of the model, and leave out others with --ignore',
  },
  INFERENCE_FAILED: {
    kind: 'invalid',
    remedy: 'Send values the model can compute with: its graph failed on these, and will again',
  },
  INTERNAL: { kind: 'internal', remedy: 'Look in the log for the request id, and report it with that line' },
  ITEMSETS_TOO_MANY: {
    kind: 'too-large',
    remedy: 'Raise the least support, or limit the length of an itemset',
  },
  KEY_NOT_FOUND: { kind: 'not-found', remedy: 'List the keys and check the id' },
  KEY_REFUSED: {
    kind: 'forbidden',
    remedy:
      'Send a key that is in force and may do this, as Authorization: Bearer vin_..., from a page it is meant for',
  },
  LINEAGE_DIFFERS: {
    kind: 'conflict',
    remedy: 'Bring the data and check out the commit that its lineage names; --any-code does without the commit',
  },
  LINEAGE_INVALID: {
    kind: 'invalid',
    remedy: 'Correct the field the message names in lineage.json, or leave out what is not known',
  },
  LINEAGE_NOT_FOUND: {
    kind: 'not-found',
    remedy: 'Nobody told where that version comes from: add a lineage.json to its files, or register it from a run',
  },
  LOGGED_MODEL_NOT_FOUND: { kind: 'not-found', remedy: 'Search the logged models and check the id' },
  MESSAGE_MALFORMED: { kind: 'malformed', remedy: 'Send the message that the .proto describes, whole and uncut' },
  METHOD_NOT_ALLOWED: { kind: 'not-allowed', remedy: 'Ask with a method that the header Allow names' },
  MODEL_CONFIG_INVALID: {
    kind: 'invalid',
    remedy: 'Correct the field of config.json that the message names; the README of the model server lists them all',
  },
  MODEL_CONTROL_OFF: {
    kind: 'unavailable',
    remedy: 'Change what is wanted in the registry or the model repository, or start with MODEL_CONTROL=explicit',
  },
  MODEL_INVALID: { kind: 'invalid', remedy: 'Export the model again: the file is not an ONNX graph that can be run' },
  MODEL_NAME_KEPT: {
    kind: 'conflict',
    remedy: 'Register the model under the other name and move the aliases there; the versions that were served stay',
  },
  MODEL_NOT_FOUND: { kind: 'not-found', remedy: 'List the registered models and check the name' },
  MODEL_NOT_READY: { kind: 'unavailable', remedy: 'Wait until the model is ready, or ask for a version that is' },
  NAME_TAKEN: {
    kind: 'conflict',
    remedy: 'Choose another name, or use the one that is there; a deleted one can be restored',
  },
  OBJECT_NOT_FOUND: { kind: 'not-found', remedy: 'List what is stored there and check the key' },
  OVERLOADED: {
    kind: 'unavailable',
    remedy: 'Try again after the seconds that Retry-After names, or run more gateways',
  },
  PARAMETER_CHANGED: {
    kind: 'conflict',
    remedy: 'Start another run: a parameter keeps the value it was logged with first',
  },
  PARAMETER_INVALID: {
    kind: 'invalid',
    remedy: 'Give the parameter the message names a value of its type, or leave it out',
  },
  PORT_TAKEN: {
    kind: 'conflict',
    remedy: 'Stop the process that has the port, or choose a free one by the variable the message names',
  },
  PRECOMPUTED_MISSING: {
    kind: 'not-found',
    remedy: 'Score the customer with vinaigrette batch score, and name its table in the use case under `precomputed`',
  },
  PREDICTION_TIMEOUT: { kind: 'timeout', remedy: 'Try again, or give the call a larger budget' },
  PREVIOUS_VERSION_MISSING: {
    kind: 'conflict',
    remedy: 'Read the history of the alias and move it to a version by its number',
  },
  QUERY_INVALID: { kind: 'invalid', remedy: 'Correct the query parameter that the message names, and ask again' },
  QUEUE_FULL: { kind: 'exhausted', remedy: 'Try again later, send less at once, or run more model servers' },
  RATE_LIMITED: { kind: 'exhausted', remedy: 'Wait for the seconds that Retry-After names, then ask less often' },
  REFUSED_BY_RULE: {
    kind: 'forbidden',
    remedy: 'Tell the customer what the message says: a rule of the shop refuses it',
  },
  REGISTRY_NOT_EMPTY: {
    kind: 'conflict',
    remedy: 'Restore into a database and an artefact folder that are new; nothing was changed',
  },
  ROLLOUT_ACTIVE: {
    kind: 'conflict',
    remedy: 'Complete or abort the rollout that the message names, then start this one',
  },
  ROLLOUT_ENDED: { kind: 'conflict', remedy: 'List the rollouts; start a new one to try the version again' },
  ROLLOUT_NOT_FOUND: { kind: 'not-found', remedy: 'List the rollouts and check the id' },
  ROLLOUT_PAUSED: { kind: 'conflict', remedy: 'Resume the rollout, then advance it' },
  ROUTE_NOT_FOUND: {
    kind: 'not-found',
    remedy: "Check method and path against the API reference; a gateway's is at /docs",
  },
  RULES_NONE: { kind: 'invalid', remedy: 'Lower the least support or confidence, or train on more sales' },
  RULES_TOO_MANY: {
    kind: 'too-large',
    remedy: 'Raise the least support or confidence; or raise the limit, and accept a cost that grows with the rules',
  },
  RUN_DELETED: { kind: 'conflict', remedy: 'Restore the run, or log to another' },
  RUN_NOT_FOUND: { kind: 'not-found', remedy: 'Search the runs and check the id' },
  RUN_TIMEOUT: {
    kind: 'timeout',
    remedy: 'Send less in one request, or raise run_timeout_ms in the config.json of the model',
  },
  SALES_INVALID: {
    kind: 'invalid',
    remedy: 'Widen the window, or name the format that the sales are written in: no basket is left of them',
  },
  SERVICE_NOT_STARTED: { kind: 'unavailable', remedy: 'Mend what the end of its log says, then start again' },
  SIGNATURE_MISMATCH: {
    kind: 'invalid',
    remedy: 'Send the tensors the signature names, in its types and shapes',
  },
  SILENCE_NOT_FOUND: {
    kind: 'not-found',
    remedy: 'List the silences: it may have ended by itself, or been ended already',
  },
  STORAGE_FULL: { kind: 'unavailable', remedy: 'Free space where the message says, then send the same again' },
  TAG_NOT_FOUND: { kind: 'not-found', remedy: 'Read the tags and check the key' },
  TRAINING_DATA_INVALID: {
    kind: 'invalid',
    remedy:
      'Give rows that hold what the message misses: its columns, a wider window, values that differ; then train again',
  },
  TRAINING_OPTION_INVALID: { kind: 'invalid', remedy: 'Give the option a value in the range the message names' },
  UPSTREAM_UNAVAILABLE: { kind: 'unavailable', remedy: 'Try again: a service behind this one does not answer' },
  USE_CASE_NOT_FOUND: { kind: 'not-found', remedy: 'List the use cases, check the name, or put its document' },
  VALIDATION_SET_EMPTY: {
    kind: 'invalid',
    remedy: 'Widen the time, wait for labels, or name other outcomes; GET /v1/performance tells how many there are',
  },
  VERSION_COLLECTED: {
    kind: 'conflict',
    remedy: 'Register its files again, which gives them the same number, then move the alias',
  },
  VERSION_IN_USE: {
    kind: 'conflict',
    remedy: 'Move the alias the message names to another version, or take it away, first',
  },
  VERSION_NOT_FOUND: { kind: 'not-found', remedy: 'List the versions of the model and check number or alias' },
  VERSION_NOT_SERVABLE: {
    kind: 'invalid',
    remedy: 'Convert the model to ONNX, register that, and move the alias to the new version',
  },
  VERSION_QUARANTINED: {
    kind: 'unavailable',
    remedy: 'Mend what the message names, register the result as a new version, and move the alias to it',
  },
  WEBHOOK_NOT_FOUND: { kind: 'not-found', remedy: 'List the webhooks and check the id' },
  WORK_STALLED: {
    kind: 'unavailable',
    remedy: 'Look for what the message names in the log, and start the process again: it goes on where it stood',
  },
} as const satisfies Record<string, { kind: ProblemKind; remedy: string }>;

export type ProblemCode = keyof typeof problems;

import { parentPort } from 'node:worker_threads';
import { sessionBody } from './session-body.js';
import { buffersOf, type ToSession } from './session-messages.js';

/** The body of a session's own thread. */
const port = parentPort;
if (!port) throw new Error('This file is the body of a worker thread');
const hear = sessionBody(
  (message) => port.postMessage(message, message.kind === 'answer' ? buffersOf(message.outputs) : []),
  () => port.close(), // nothing else keeps the thread: it ends
);
port.on('message', (message: ToSession) => void hear(message));

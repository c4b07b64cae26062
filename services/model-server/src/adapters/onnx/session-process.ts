import { Socket } from 'node:net';
import { Worker } from 'node:worker_threads';
import { sessionBody } from './session-body.js';
import { encodeFrame, FrameReader } from './session-frames.js';
import type { ToSession } from './session-messages.js';

/** The body of a session's own process. It speaks on its fourth file, and ends when the server does. */
const socket = new Socket({ fd: 3 });
const frames = new FrameReader<ToSession>();
const hear = sessionBody(
  (message) => socket.write(encodeFrame(message)),
  () => socket.end(),
);
socket.on('data', (chunk) => {
  for (const message of frames.read(chunk)) void hear(message);
});
socket.on('close', () => process.exit());
socket.on('error', () => process.exit()); // the server is gone
new Worker(new URL('parent-watch.js', import.meta.url), { name: 'parent-watch', workerData: process.ppid }).unref();
process.on('SIGINT', () => undefined); // Ctrl-C reaches the whole group: the server says when to end
process.on('SIGTERM', () => undefined);

import { writeSync } from 'node:fs';
import { openEventLogWriter } from '../src/index.js';

/** A process that appends until it is killed, and says each time that append() has returned. */
const [, , dir, gatewayId, round] = process.argv;
const writer = openEventLogWriter({ dir: dir!, gatewayId: gatewayId!, segmentBytesMax: 20_000 });
let i = 0;
setInterval(() => {
  for (let n = 0; n < 50; n++) {
    const sequence = writer.append('predictions', `unit-${i % 7}`, Buffer.from(`${round}-${i}`));
    if (sequence !== undefined) writeSync(1, `${round}-${i}\n`);
    i += 1;
  }
}, 1);

import { Code, ConnectError } from '@connectrpc/connect';
import { describe, expect, it } from '@jest/globals';
import { Problem } from '@vinaigrette/problems';
import { failureText } from './tell-failure.js';

describe('failureText()', () => {
  it.each([
    {
      what: 'a problem of our own',
      error: new Problem('PORT_TAKEN', 'registry cannot listen on port 5000'),
      text: /^\[PORT_TAKEN\] registry cannot listen on port 5000\nRemedy: Stop the process/,
    },
    {
      what: 'a refusal of a service, which brings its remedy',
      error: new ConnectError('[MODEL_NOT_FOUND] There is no model x. Remedy: List the models', Code.NotFound),
      text: /^\[MODEL_NOT_FOUND\] There is no model x\nRemedy: List the models$/,
    },
    {
      what: 'a service that is away',
      error: new ConnectError('connect ECONNREFUSED 127.0.0.1:5001', Code.Unavailable),
      text: /^\[UPSTREAM_UNAVAILABLE\] .*5001\nRemedy: Start it \(npm start\).*REGISTRY_ADDRESS/,
    },
    { what: 'a bad environment', error: new RangeError('Cannot start with x'), text: /^Cannot start with x$/ },
    { what: 'something thrown that is no error', error: 'oops', text: /^oops$/ },
  ])('tells $what', ({ error, text }) => {
    expect(failureText(error)).toMatch(text);
    expect(failureText(error)).not.toMatch(/\n\s+at /);
  });
});

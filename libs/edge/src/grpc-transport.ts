import type { Transport } from '@connectrpc/connect';
import { createGrpcTransport, type GrpcTransportOptions } from '@connectrpc/connect-node';
import { showKey } from './show-key.js';
import type { ClientTls } from './tls.js';

export interface Caller extends Pick<GrpcTransportOptions, 'pingIntervalMs' | 'pingTimeoutMs' | 'defaultTimeoutMs'> {
  /** What the other side asks for; undefined: nothing. */
  key: string | undefined;
  /** undefined: clear text. */
  tls: ClientTls | undefined;
}

/** gRPC to one address, host:port, through Connect. Whoever shares a transport shares its connection. */
export function grpcTransport(address: string, { key, tls, ...options }: Caller): Transport {
  return createGrpcTransport({
    baseUrl: `${tls ? 'https' : 'http'}://${address}`,
    ...(tls && { nodeOptions: tls }),
    interceptors: [showKey(key)],
    ...options,
  });
}

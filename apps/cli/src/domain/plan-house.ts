import path from 'node:path';

/** In the order they are started; they are stopped the other way round, so that the gateway's last calls are answered. */
export const serviceNames = ['registry', 'model-server', 'drift-monitor', 'app-gateway'] as const;
export type ServiceName = (typeof serviceNames)[number];

/** Every port the house listens on: the variable that moves it, and whose it is. */
export const portVariables = {
  REGISTRY_HTTP_PORT: 'registry',
  REGISTRY_GRPC_PORT: 'registry',
  MODEL_SERVER_HTTP_PORT: 'model-server',
  MODEL_SERVER_GRPC_PORT: 'model-server',
  MONITOR_HTTP_PORT: 'drift-monitor',
  MONITOR_GRPC_PORT: 'drift-monitor',
  GATEWAY_HTTP_PORT: 'app-gateway',
} as const satisfies Record<string, ServiceName>;
export type PortVariable = keyof typeof portVariables;
export type Ports = Readonly<Record<PortVariable, number>>;

export interface ServicePlan {
  name: ServiceName;
  /** The file that node runs. */
  main: string;
  ports: number[];
  /** What the service is told beside the environment it inherits. */
  env: Record<string, string>;
}

/** Who runs with which settings, when the four services share one machine, one database and one folder for their state. */
export function planHouse(house: { root: string; stateDir: string; ports: Ports; databaseUrl: string }): ServicePlan[] {
  const { root, stateDir, ports, databaseUrl } = house;
  const env = {
    NODE_ENV: 'production',
    ...Object.fromEntries(Object.entries(ports).map(([variable, port]) => [variable, String(port)])),
    DATABASE_URL: databaseUrl,
    REGISTRY_ADDRESS: `127.0.0.1:${ports.REGISTRY_GRPC_PORT}`,
    MODEL_SERVER_ADDRESS: `127.0.0.1:${ports.MODEL_SERVER_GRPC_PORT}`,
    GATEWAY_URL: `http://127.0.0.1:${ports.GATEWAY_HTTP_PORT}`,
    MONITOR_URL: `http://127.0.0.1:${ports.MONITOR_HTTP_PORT}`,
    MODEL_REPOSITORY: '', // models come from the registry here
    ...{ TLS_CERT_FILE: '', TLS_KEY_FILE: '', TLS_CA_FILE: '' }, // of the commands, which may speak to another house
    EVENT_LOG_DIR: path.join(stateDir, 'event-log'),
    ARCHIVE_DIR: path.join(stateDir, 'archive'),
    ARTIFACT_DIR: path.join(stateDir, 'artifacts'),
    MODEL_SERVER_CACHE_DIR: path.join(stateDir, 'model-server'),
    GATEWAY_CACHE_DIR: path.join(stateDir, 'gateway'),
  };
  return serviceNames.map((name) => ({
    name,
    main: path.join(root, 'services', name, 'dist/src/main.js'),
    ports: (Object.keys(portVariables) as PortVariable[])
      .filter((variable) => portVariables[variable] === name)
      .map((variable) => ports[variable]),
    env,
  }));
}

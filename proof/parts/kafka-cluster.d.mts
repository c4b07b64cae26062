/** See kafka-cluster.mjs. */
export interface KafkaClusterForTests {
  /** Numbers of the brokers, from 1. */
  ids: number[];
  /** host:port of all of them, comma-separated. */
  brokers: string;
  /** A broker that was killed, with its data; resolves once it answers, for which most of them must run. */
  start(id: number): Promise<void>;
  /** As `kill -9`. */
  kill(id: number): Promise<void>;
  stop(): Promise<void>;
}

export interface SecureKafka {
  /** In PEM, one after the other, for 127.0.0.1. */
  keyAndCertificateFile: string;
  /** Of the one user there is; by SASL's PLAIN. */
  username: string;
  password: string;
}

export function startKafkaCluster(options: {
  dir: string;
  size?: number;
  secure?: SecureKafka;
}): Promise<KafkaClusterForTests>;

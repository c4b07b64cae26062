import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { tlsOf, type ClientTls, type TlsVariables } from './tls.js';

/** The variables of a process that speaks with Kafka, as a part of its schema: check them with `checkKafka`. */
export const kafkaVariables = {
  KAFKA_BROKERS: z // host:port of some brokers, with commas between
    .string()
    .min(1)
    .transform((brokers) => brokers.split(',').map((broker) => broker.trim()))
    .optional(),
  KAFKA_TLS: z.enum(['on', 'off']).default('off'), // on: with this process's certificate, where it has one
  KAFKA_CA_FILE: z.string().optional(), // who signs the brokers, PEM; unset: TLS_CA_FILE, or whom Node trusts
  KAFKA_SASL: z.enum(['plain', 'scram-sha-256', 'scram-sha-512']).optional(), // unset: Kafka asks for no password
  KAFKA_USERNAME: z.string().min(1).optional(),
  KAFKA_PASSWORD: z.string().min(1).optional(),
};

export type KafkaVariables = Readonly<z.infer<z.ZodObject<typeof kafkaVariables>>>;

/** How a process makes itself known to Kafka, and whom it believes to be Kafka. */
export interface KafkaSecurity {
  /** Absent: clear text. */
  tls?: ClientTls;
  sasl?: { mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'; username: string; password: string };
}

/** For `superRefine`: names the variable that is missing, of no use, or unsafe. */
export function checkKafka(variables: KafkaVariables, context: z.RefinementCtx): void {
  const { KAFKA_TLS: tls, KAFKA_CA_FILE: ca, KAFKA_SASL: sasl } = variables;
  const fault = (variable: keyof KafkaVariables, message: string) =>
    context.addIssue({ code: 'custom', path: [variable], message });
  for (const variable of ['KAFKA_USERNAME', 'KAFKA_PASSWORD'] as const) {
    if (sasl !== undefined && variables[variable] === undefined) fault(variable, 'must be set with KAFKA_SASL');
    if (sasl === undefined && variables[variable] !== undefined) fault(variable, 'is of no use without KAFKA_SASL');
  }
  if (sasl === 'plain' && tls === 'off') fault('KAFKA_SASL', 'plain sends the password readable: set KAFKA_TLS=on');
  if (ca === undefined) return;
  if (tls === 'off') return fault('KAFKA_CA_FILE', 'is of no use without KAFKA_TLS=on');
  try {
    new X509Certificate(readFileSync(ca)); // a TLS context would pass over a file without one
  } catch (error) {
    fault('KAFKA_CA_FILE', `cannot be used: ${(error as Error).message}`);
  }
}

/** Reads the files; throws when one is gone since it was checked. */
export function kafkaSecurityOf(variables: KafkaVariables & TlsVariables): KafkaSecurity {
  const { KAFKA_TLS, KAFKA_CA_FILE, KAFKA_SASL: mechanism, KAFKA_USERNAME, KAFKA_PASSWORD } = variables;
  const ca = KAFKA_CA_FILE === undefined ? {} : { ca: readFileSync(KAFKA_CA_FILE) };
  return {
    ...(KAFKA_TLS === 'on' && { tls: { ...tlsOf(variables).client, ...ca } }),
    ...(mechanism && { sasl: { mechanism, username: KAFKA_USERNAME ?? '', password: KAFKA_PASSWORD ?? '' } }),
  };
}

/** A rule set as it is written; other fields are kept as they are. */
export interface WrittenRuleSet {
  rules?: { id: string }[];
  [field: string]: unknown;
}

/** The shop's rule sets, in the registry. Each call throws UPSTREAM_UNAVAILABLE when it cannot be reached. */
export abstract class RuleSets {
  /** The version in force. Throws DOCUMENT_NOT_FOUND. */
  abstract read(name: string): Promise<{ version: number; body: WrittenRuleSet }>;
  /** Puts a version in force in the place of the one expected; its number. Throws what the registry refuses with. */
  abstract publish(name: string, body: WrittenRuleSet, expected: number, reason: string): Promise<number>;
}

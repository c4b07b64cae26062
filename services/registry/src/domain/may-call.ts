import { Role } from '@vinaigrette/contracts/registry';

/** What a key may do: its role includes those below it; no subjects: of every model and document. */
export interface Rights {
  role: Role;
  subjects: readonly string[];
}

/** The least role that may call a method of the service. One that is not listed only reads. */
const LEAST_ROLES: Readonly<Record<string, Role>> = {
  UploadArtifact: Role.REGISTER,
  RegisterVersion: Role.REGISTER,
  PutDocument: Role.REGISTER,
  PutEvaluation: Role.REGISTER,
  ReportVerdict: Role.REGISTER,
  ReportRolloutCounts: Role.REGISTER,
  JudgeVersion: Role.REGISTER,
  SetAlias: Role.PROMOTE,
  RollBackAlias: Role.PROMOTE,
  StartRollout: Role.PROMOTE,
  ChangeRollout: Role.PROMOTE,
  ApproveVersion: Role.PROMOTE,
  CreateKey: Role.ADMIN,
  ListKeys: Role.ADMIN,
  RevokeKey: Role.ADMIN,
  ListAudit: Role.ADMIN,
  AddWebhook: Role.ADMIN,
  ListWebhooks: Role.ADMIN,
  RemoveWebhook: Role.ADMIN,
  ListWebhookDeliveries: Role.ADMIN,
  ReplayWebhookDelivery: Role.ADMIN,
  CollectGarbage: Role.ADMIN,
  ReadBackup: Role.ADMIN,
  RestoreBackup: Role.ADMIN,
};

/** Calls that name no subject and harm none: bytes nobody refers to, and what watchers report of any rollout. */
const OF_NO_SUBJECT = ['UploadArtifact', 'ReportVerdict', 'ReportRolloutCounts'];

export const leastRole = (method: string): Role => LEAST_ROLES[method] ?? Role.READ;

/**
 * Whether a key may call a method on a subject; "" is none in particular. A key of some subjects writes nothing that
 * names none, since nobody could tell whose it is.
 */
export function mayCall({ role, subjects }: Rights, method: string, subject: string): boolean {
  const least = leastRole(method);
  if (role < least) return false;
  return least === Role.READ || subjects.length === 0 || OF_NO_SUBJECT.includes(method) || subjects.includes(subject);
}

import { describe, expect, it } from '@jest/globals';
import { RegistryService, Role } from '@vinaigrette/contracts/registry';
import { leastRole, mayCall } from './may-call.js';

const { READ, REGISTER, PROMOTE, ADMIN } = Role;

describe('mayCall()', () => {
  it.each([
    { role: READ, method: 'Watch', subject: '', may: true },
    { role: READ, method: 'RegisterVersion', subject: 'basket', may: false },
    { role: REGISTER, method: 'RegisterVersion', subject: 'basket', may: true },
    { role: REGISTER, method: 'SetAlias', subject: 'basket', may: false },
    { role: PROMOTE, method: 'SetAlias', subject: 'basket', may: true },
    { role: PROMOTE, method: 'CreateKey', subject: '', may: false },
    { role: ADMIN, method: 'CreateKey', subject: '', may: true },
    { role: Role.UNSPECIFIED, method: 'Watch', subject: '', may: false },
  ])('of role $role to $method: $may', ({ role, method, subject, may }) => {
    expect(mayCall({ role, subjects: [] }, method, subject)).toBe(may);
  });

  it.each([
    { method: 'SetAlias', subject: 'basket', may: true },
    { method: 'SetAlias', subject: 'insurance', may: false },
    { method: 'ListModels', subject: '', may: true },
    { method: 'UploadArtifact', subject: '', may: true },
    { method: 'ReportVerdict', subject: '', may: true },
    { method: 'CreateKey', subject: '', may: false }, // or it could give itself the rest
  ])('of a key for basket alone to $method "$subject": $may', ({ method, subject, may }) => {
    expect(mayCall({ role: ADMIN, subjects: ['basket'] }, method, subject)).toBe(may);
  });

  it('lets readers call what only reads, and nothing else', () => {
    const reads = RegistryService.methods.map(({ name }) => name).filter((name) => leastRole(name) === READ);
    for (const name of reads) expect(name).toMatch(/^(Get|List|Download|Watch|Compare|Find)/);
  });
});

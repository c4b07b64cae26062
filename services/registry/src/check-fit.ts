import { parseDocument, type Documents as Bodies, type UseCase } from '@vinaigrette/documents';
import { Problem, problemOf } from '@vinaigrette/problems';
import { checkModel, checkRules, compileRules, noRules } from '@vinaigrette/serving';
import { parseSignature, type Signature } from '@vinaigrette/signature';
import type { Documents } from './documents.js';
import type { ModelVersions } from './model-versions.js';

const IN_FORCE = { alias: 'champion' };

/**
 * Holds a use case or a rule set that is to be kept against what is in force around it, by what gateways hold it against:
 * the fields of catalogue, customer and inputs, and the model's signature. What is not there yet is not asked.
 */
export class CheckFit {
  constructor(
    private readonly documents: Documents,
    private readonly versions: ModelVersions,
  ) {}

  /** Throws DOCUMENT_INVALID or SIGNATURE_MISMATCH naming the use case that would not fit. */
  async check(kind: string, name: string, body: Bodies[keyof Bodies]): Promise<void> {
    if (kind === 'use-case') await this.checkUseCase(name, body as UseCase);
    if (kind === 'rule-set') await this.checkRuleSet(name, body as Bodies['rule-set']);
  }

  private async checkUseCase(name: string, useCase: UseCase): Promise<void> {
    const found = useCase.ruleSet && (await this.documents.find('rule-set', useCase.ruleSet, IN_FORCE));
    const rules = found ? compileRules(parseDocument('rule-set', JSON.parse(found.bodyJson))) : noRules;
    const signature = await this.signatureOf(useCase);
    namingUseCase(name, () => {
      if (signature) checkModel(useCase, signature);
      checkRules(useCase, rules, signature);
    });
  }

  private async checkRuleSet(ruleSet: string, body: Bodies['rule-set']): Promise<void> {
    const rules = compileRules(body);
    const names = new Set((await this.documents.list('use-case')).map(({ name }) => name));
    for (const name of names) {
      const found = await this.documents.find('use-case', name, IN_FORCE);
      const useCase = found && parseDocument('use-case', JSON.parse(found.bodyJson));
      if (useCase?.ruleSet !== ruleSet) continue;
      const signature = await this.signatureOf(useCase);
      namingUseCase(name, () => checkRules(useCase, rules, signature));
    }
  }

  private async signatureOf({ model, alias }: UseCase): Promise<Signature | undefined> {
    const version = await this.versions.find(model, { alias });
    return version && parseSignature(JSON.parse(version.signatureJson));
  }
}

function namingUseCase(name: string, check: () => void): void {
  try {
    check();
  } catch (error) {
    const { code, message } = problemOf(error);
    throw new Problem(code, `Use case ${name}: ${message}`, { cause: error });
  }
}

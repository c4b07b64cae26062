import type { PredictionUseCase, RecommendationUseCase, UseCase } from '@vinaigrette/documents';
import { Problem } from '@vinaigrette/problems';
import type { Configuration, ReadyUseCase } from './domain/configuration.js';
import type { Fault } from './domain/last-good.js';

/** What the gateway answers from, now. Replaced whole, so that one request never sees two configurations. */
export class ConfigurationInForce {
  private configuration: Configuration | undefined;
  private reported: readonly Fault[] = [];

  get current(): Configuration | undefined {
    return this.configuration;
  }

  /** Whether the registry can be heard now; it need not be. */
  registryConnected = false;

  /** What is wanted and not in force, and why. */
  get faults(): readonly Fault[] {
    return [...this.reported, ...(this.configuration?.faults ?? [])];
  }

  /** Of the rollouts that are running or paused. */
  get rolloutIds(): ReadonlySet<string> {
    return this.configuration?.rolloutIds ?? new Set();
  }

  /** `faults`: what the state holds besides, that could not be followed. */
  replace(configuration: Configuration, faults: readonly Fault[]): void {
    this.configuration = configuration;
    this.reported = faults;
  }

  /** Besides what was told with the configuration in force; forgotten with the next one. */
  report(fault: Fault): void {
    this.reported = [...this.reported.filter(({ subject }) => subject !== fault.subject), fault];
  }

  recommendation(name: string): ReadyUseCase<RecommendationUseCase> {
    return this.find(name, 'recommendation', 'this route');
  }

  prediction(name: string): ReadyUseCase<PredictionUseCase> {
    return this.find(name, 'prediction', `POST /v1/predictions/${name}`);
  }

  /** Of whatever kind. Throws USE_CASE_NOT_FOUND, or CONFIGURATION_MISSING when it is not in force yet. */
  useCase(name: string): ReadyUseCase {
    const useCase = this.configuration?.useCases.get(name);
    return useCase ?? this.find(name, 'recommendation', `the use case ${name}`);
  }

  private find<K extends UseCase['kind']>(name: string, kind: K, route: string) {
    if (!this.configuration) {
      throw new Problem('CONFIGURATION_MISSING', 'This gateway has no configuration yet');
    }
    const useCase = this.configuration.useCases.get(name);
    if (useCase?.document.kind === kind) return useCase as ReadyUseCase<Extract<UseCase, { kind: K }>>;
    const fault = this.faults.find(({ subject }) => subject.startsWith(`use-case ${name} `));
    if (fault) throw new Problem('CONFIGURATION_MISSING', `The use case ${name} cannot answer yet: ${fault.why}`);
    throw new Problem(
      'USE_CASE_NOT_FOUND',
      useCase ? `${name} is a ${useCase.document.kind}, not what ${route} asks for` : `There is no use case ${name}`,
      { field: 'useCase' },
    );
  }
}

import type { MessageInitShape } from '@bufbuild/protobuf';
import type {
  ModelConfig,
  ModelMetadataResponseSchema,
  ModelStatistics as StatisticsMessage,
  RepositoryIndexResponse_ModelIndexSchema,
  ServerMetadataResponseSchema,
} from '@vinaigrette/contracts/inference';
import type { ControlModels } from '../../control-models.js';
import { idOf } from '../../domain/plan-versions.js';
import { nothingYet, type StatisticsByVersion } from '../../model-statistics.js';
import type { VersionState } from '../../observations.js';
import type { ServeWanted } from '../../serve-wanted.js';
import { modelConfigOf, PLATFORM } from './config-message.js';
import { statisticsOf } from './statistics-message.js';

const SERVER_NAME = 'vinaigrette-model-server';
/** What of Triton's extensions is really answered. */
const EXTENSIONS = [
  'binary_tensor_data',
  'model_configuration',
  'model_repository',
  'parameters',
  'schedule_policy',
  'statistics',
];

const states: Record<VersionState, { state: string; reason?: string }> = {
  loading: { state: 'LOADING' },
  ready: { state: 'READY' },
  quarantined: { state: 'UNAVAILABLE' },
  resting: { state: 'UNAVAILABLE', reason: 'wanted by nobody, kept warm' },
};

/** What the protocol tells of server and models beside inferences, the same over gRPC and HTTP. */
export class DescribeModels {
  constructor(
    private readonly models: ServeWanted,
    /** What the versions did, in every process that answers here. */
    private readonly statistics: () => Promise<StatisticsByVersion>,
    private readonly control: ControlModels,
    private readonly version: string,
  ) {}

  server(): MessageInitShape<typeof ServerMetadataResponseSchema> & { name: string; version: string } {
    return { name: SERVER_NAME, version: this.version, extensions: EXTENSIONS };
  }

  /** Every model that should serve, serves: stricter than what lets traffic come, where a model unfit is no obstacle. */
  isReady(): boolean {
    return this.models.ready && this.models.models().every(({ ready }) => ready);
  }

  isModelReady(model: string, version: string): boolean {
    return this.models.isReady(model, version);
  }

  /** Throws MODEL_NOT_FOUND, VERSION_NOT_FOUND and their kin, as each of the following. */
  metadata(model: string, version: string): MessageInitShape<typeof ModelMetadataResponseSchema> {
    const { signature } = this.models.find(model, version);
    const described = ({ name, datatype, shape, anyRank }: (typeof signature.inputs)[number]) => ({
      name,
      datatype,
      shape: anyRank ? [-1n] : shape.map(BigInt),
    });
    return {
      name: model,
      versions: this.models.answeringVersions(model).map(String),
      platform: PLATFORM,
      inputs: signature.inputs.map(described),
      outputs: signature.outputs.map(described),
    };
  }

  config(model: string, version: string): ModelConfig {
    return modelConfigOf(this.models.find(model, version));
  }

  /** Of one version; of every version that answers when none is named; of every model when no model is named. */
  async statisticsOf(model: string, version: string): Promise<StatisticsMessage[]> {
    const statistics = await this.statistics();
    const names = model === '' ? this.models.models().map(({ name }) => name) : [model];
    return names.flatMap((name) => {
      const numbers = version === '' ? this.models.answeringVersions(name).map(String) : [version];
      if (model !== '' && numbers.length === 0) this.models.find(model, version);
      return numbers.map((number) => {
        const served = this.models.find(name, number).version;
        return statisticsOf(served, statistics.get(idOf(served)) ?? nothingYet());
      });
    });
  }

  index(onlyReady: boolean): MessageInitShape<typeof RepositoryIndexResponse_ModelIndexSchema>[] {
    const held = this.models.models().flatMap(({ name, versions }) =>
      versions.map(({ number, state, why }) => ({
        name,
        version: String(number),
        reason: '',
        ...states[state],
        ...(why === undefined ? {} : { reason: why }),
      })),
    );
    const aside = this.control
      .setAside()
      .map((name) => ({ name, version: '', state: 'UNAVAILABLE', reason: 'unloaded' }));
    return [...held, ...aside].filter(({ state }) => !onlyReady || state === 'READY');
  }
}

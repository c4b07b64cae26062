/** What every project's jest.config.mjs spreads: ESM sources through SWC, workspace packages read from their sources. */
const swc = (module) => [
  '@swc/jest',
  {
    jsc: {
      target: 'es2022',
      parser: { syntax: 'typescript', decorators: true },
      transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
      keepClassNames: true,
    },
    module: { type: module },
    sourceMaps: 'inline',
  },
];

export default {
  testEnvironment: new URL('./tools/jest-environment.mjs', import.meta.url).pathname,
  testEnvironmentOptions: { customExportConditions: ['@vinaigrette/source', 'node', 'node-addons'] },
  extensionsToTreatAsEsm: ['.ts'],
  testMatch: ['<rootDir>/src/**/*.spec.ts', '<rootDir>/test/**/*.spec.ts', '<rootDir>/*/*.spec.ts'],
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  // Jest before Node 24.9 cannot load CommonJS that requires an ES module: these leaves are turned into CommonJS.
  transform: {
    '\\.ts$': swc('es6'),
    '/node_modules/(content-disposition|cookie)/.+\\.js$': swc('commonjs'),
  },
  transformIgnorePatterns: ['/node_modules/(?!(content-disposition|cookie)/)'],
};

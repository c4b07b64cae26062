import nx from '@nx/eslint-plugin';
import tseslint from 'typescript-eslint';

/** What a pure folder may not touch: frameworks, the outside world, clocks and chance. */
const impure = [
  '@nestjs/*',
  'fastify',
  'typeorm',
  'pg',
  'kafkajs',
  '@grpc/*',
  '@connectrpc/*',
  'onnxruntime-node',
  '@duckdb/*',
  '@vinaigrette/tables',
  '@vinaigrette/training',
  'pino',
  'prom-client',
];
const pure = {
  'no-restricted-imports': [
    'error',
    {
      patterns: [
        { group: impure, message: 'A pure folder knows no framework and no outside world: give it a port.' },
        { group: ['node:*', '!node:crypto'], message: 'A pure folder does no I/O: pass the data in.' },
        { group: ['**/adapters/**'], message: 'The domain does not know its adapters.' },
      ],
    },
  ],
  'no-restricted-globals': [
    'error',
    { name: 'process', message: 'Read the environment in config.ts.' },
    { name: 'fetch', message: 'A pure folder does no I/O.' },
    { name: 'setTimeout', message: 'A pure folder has no clock.' },
    { name: 'setInterval', message: 'A pure folder has no clock.' },
  ],
  'no-restricted-properties': [
    'error',
    { object: 'Date', property: 'now', message: 'A pure folder has no clock: pass the time in.' },
    { object: 'Math', property: 'random', message: 'A pure folder has no chance: pass a seeded generator in.' },
    { object: 'performance', property: 'now', message: 'A pure folder has no clock.' },
  ],
};

export default tseslint.config(
  { ignores: ['**/dist/**', '**/node_modules/**', 'libs/contracts/src/gen/**', '.nx/**', '.vinaigrette/python/**'] },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommended],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { '@nx': nx },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
      '@typescript-eslint/no-extraneous-class': 'off',
      eqeqeq: ['error', 'always'],
      '@nx/enforce-module-boundaries': [
        'error',
        {
          // Suites find their real part through one file of the root, which is no project.
          allow: ['/tools/real-part\\.mjs$'],
          depConstraints: [
            // Pure libraries know each other and nothing of the world.
            { sourceTag: 'layer:domain', onlyDependOnLibsWithTags: ['layer:domain'] },
            { sourceTag: 'layer:adapter', onlyDependOnLibsWithTags: ['layer:domain', 'layer:adapter'] },
            // What a model's life needs of the world: ONNX Runtime, tables, what is kept of steps that ran.
            { sourceTag: 'layer:runtime', onlyDependOnLibsWithTags: ['layer:domain', 'layer:runtime'] },
            // A service imports libraries, never another service and never a model's life.
            {
              sourceTag: 'layer:service',
              onlyDependOnLibsWithTags: ['layer:domain', 'layer:adapter', 'layer:runtime', 'layer:page'],
            },
            // A model lives without any service.
            { sourceTag: 'layer:model', onlyDependOnLibsWithTags: ['layer:domain', 'layer:runtime'] },
            { sourceTag: 'layer:page', onlyDependOnLibsWithTags: ['layer:domain'] },
            {
              sourceTag: 'layer:app',
              onlyDependOnLibsWithTags: [
                'layer:domain',
                'layer:adapter',
                'layer:runtime',
                'layer:model',
                'layer:service',
              ],
            },
            { sourceTag: 'layer:proof', onlyDependOnLibsWithTags: ['*'] },
          ],
        },
      ],
    },
  },
  {
    files: [
      'services/*/src/domain/**/*.ts',
      'models/*/src/domain/**/*.ts',
      'libs/{problems,signature,drift,learning,lineage,onnx-graph,serving}/src/**/*.ts',
    ],
    ignores: ['**/*.spec.ts'],
    rules: pure,
  },
);

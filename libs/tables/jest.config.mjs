import preset from '../../jest.preset.mjs';

/** DuckDB, PostgreSQL and their drivers are loaded by the tests that read through them. */
export default { ...preset, testTimeout: 60_000 };

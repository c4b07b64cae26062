import preset from '../../jest.preset.mjs';

/** Training takes its time on a busy machine. */
export default { ...preset, testTimeout: 120_000 };

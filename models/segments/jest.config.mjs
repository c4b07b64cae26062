import preset from '../../jest.preset.mjs';

/** Laws and real sales take their time on a busy machine. */
export default { ...preset, testTimeout: 120_000 };

import preset from '../../jest.preset.mjs';

/** A hang is found all the same; a busy machine is no failure. */
export default { ...preset, testTimeout: 120_000 };

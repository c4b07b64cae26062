import preset from '../../jest.preset.mjs';

/** Every test speaks to processes: what five seconds are on a busy machine says nothing about them. */
export default { ...preset, testTimeout: 60_000 };

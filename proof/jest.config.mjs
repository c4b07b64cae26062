import preset from '../jest.preset.mjs';

// The only project that runs alone for long; its journeys wait for processes of their own more than they compute.
export default { ...preset, maxWorkers: 2 };

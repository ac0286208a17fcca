/** For tests, in a process of its own that can be killed: a Python world that is asked for what never ends. */
import { openLanes } from '../../../src/world/gym/lanes.ts';

const [name, action] = process.argv.slice(2);
const lanes = await openLanes({ name, lanes: 1, size: 1, greyscale: false });
await lanes.reset([0]);
console.log('begun');
await lanes.step([{ actions: [Number(action)], seed: null, cut: false }]);

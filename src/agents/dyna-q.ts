/** Dyna-Q (Sutton 1990): a table with a row for every picture, learned from real steps and from remembered ones. */
import { compose, defineAgent } from '../config/index.ts';
import { pictures } from '../models/parts/pictures.ts';
import table from '../policies/table.ts';
import { dynaQ } from '../tabular/dyna-q.ts';
import { tableStage } from '../tabular/table-stage.ts';
import { tableParameters } from '../tabular/table.ts';
import { refusesRules } from './parts/refusals.ts';

export default defineAgent({
  ...compose(dynaQ, table),
  description: 'a table with a row for every picture, which is planned over between real steps (Dyna-Q)',
  acts: 'table',
  layer: {
    // Every step is learned from once, right after it was taken: pairs of pictures, those of one block in one update.
    env: { lanes: 1 },
    train: { batchSize: 16, batchLength: 2, trainRatio: 2, blockUpdates: 1, prefill: 0, steps: 20_000 },
  },
  refuses: (world) => table.refuses(world.actions) ?? refusesRules(world),
  build: ({ table: options }, world) => ({
    parameters: tableParameters(options, world.actionSize),
    representation: pictures(world),
    stages: [tableStage(options)],
    targetShapes: {},
    onPolicy: true,
  }),
});

/** Two model families, each with a decoder that shapes the latent, one that only looks at it, and none. */
import type { Study } from '../study.ts';
import { intervalsByArm, scatterOfRuns } from '../study-plots.ts';

const RETURN = { quantity: 'return', label: 'return after training' };

const study: Study = {
  question: 'Does reconstruction shape what control needs?',
  description:
    'Dreamer learns its latent from pictures and rewards, Gumbel MuZero from rewards, values and what a search found. ' +
    'Each learns Catch three times over: with a decoder whose gradient shapes the latent (recon, the default), with one ' +
    'that only looks at it from behind a stopped gradient (probe), and without (none). Where probe returns as much as ' +
    'recon, control did not need the reconstruction; where its pictures are worse although its returns are not, the ' +
    'latent kept what counts and little else. The rewards that are imagined can be compared in all three.',
  arms: [{
    worlds: ['catch'], agents: ['dreamer', 'gumbel-muzero'], seeds: '0-2',
    vary: ['model.decoder=probe', 'model.decoder=none'],
  }],
  measures: ['open-loop', 'reward-error', 'sharpness'],
  picture: (rows) => ({
    'return-by-decoder': intervalsByArm(rows, 'Catch: a decoder that shapes (default), one that looks on, none', RETURN),
    'return-by-picture-error': scatterOfRuns(rows, 'Catch: does who imagines better pictures play better?', {
      x: { quantity: 'open-loop.mse', label: 'squared error of imagined pixels' }, y: RETURN,
    }),
    'return-by-reward-error': scatterOfRuns(rows, 'Catch: does who imagines better rewards play better?', {
      x: { quantity: 'reward-error.mae', label: 'error of imagined rewards' }, y: RETURN,
    }),
  }),
};

export default study;

/** PETS in a latent world: the trio's representation, and an ensemble of probabilistic networks in place of its dynamics. */
import { compose, defineModel } from '../config/index.ts';
import type { WorldShape } from '../types.ts';
import muzero, { createMuzero, type MuzeroOptions } from './muzero.ts';
import { gaussianEnsemble, withGaussianEnsemble, type GaussianEnsembleOptions } from './parts/gaussian-ensemble.ts';

export default defineModel({
  ...compose(muzero, gaussianEnsemble),
  description: 'an ensemble of probabilistic networks on latents that a decoder and a reward shape (PETS)',
  build: createPets,
});

export function createPets(
  { model, ensemble }: { readonly model: MuzeroOptions; readonly ensemble: GaussianEnsembleOptions },
  world: Pick<WorldShape, 'image' | 'actionSize'>,
) {
  return withGaussianEnsemble(createMuzero(model, world), ensemble, { ...world, ...model });
}

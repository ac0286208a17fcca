/** Parameters: what they look like is known before any number is drawn. */
import { sizeOf } from '../nd-array.ts';
import type { Group, NdArray, ParamArrays, ParameterSpec, Rng } from '../types.ts';

/** Standard deviation of a normal cut at ±2σ is 0.8796 σ; this undoes it. */
const TRUNCATION = 1.1368;

/** Fresh parameters; each draws from a stream of its own, so adding one changes no other. */
export function initParameters(specs: Group<ParameterSpec>, rng: Rng): ParamArrays {
  return Object.fromEntries(Object.entries(specs).map(([name, spec]) => [name, draw(spec, rng.split(name))]));
}

/** Truncated normals with variance `scale²/fanIn`, as in DreamerV3, or a constant. */
function draw({ shape, init }: ParameterSpec, rng: Rng): NdArray {
  const data = new Float32Array(sizeOf(shape));
  if (init === 'ones') data.fill(1);
  if (typeof init === 'object' && init.scale !== 0) {
    const deviation = TRUNCATION * init.scale * Math.sqrt(1 / init.fanIn);
    for (let i = 0; i < data.length; i++) {
      let value = rng.normal();
      while (Math.abs(value) > 2) value = rng.normal();
      data[i] = value * deviation;
    }
  }
  return { data, shape, dtype: 'float32' };
}

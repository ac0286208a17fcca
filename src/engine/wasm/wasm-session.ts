/** A WebAssembly module at work, as a session of the engine. */
import type { Group } from '../../types.ts';
import { mapGroup } from '../../nd-array.ts';
import type { Session } from '../session.ts';
import { BYTES } from './loops.ts';
import type { WasmModel } from './write-wasm.ts';

/** @param lent whether results are only lent: they are the module's own memory, which the next run writes over */
export async function openWasmSession(
  { code, pages, constants, inputs, outputs }: WasmModel,
  { lent }: { readonly lent: boolean },
): Promise<Session> {
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const { instance } = await WebAssembly.instantiate(Uint8Array.from(code), { memory: { memory } });
  const run = instance.exports.run as () => void;
  const numbers = new Float32Array(memory.buffer);
  for (const constant of constants) numbers.set(constant.numbers, constant.address / BYTES);
  const own: Group<Float32Array> = Object.fromEntries(
    outputs.map(({ name, address, length }) => [name, numbers.subarray(address / BYTES, address / BYTES + length)]),
  );
  return {
    cached: false,
    lends: lent,
    async run(given) {
      for (const { name, address } of inputs) numbers.set(given[name].data, address / BYTES);
      run();
      return lent ? own : mapGroup(own, (result) => result.slice());
    },
    async release() {
      // The memory goes with the instance.
    },
  };
}

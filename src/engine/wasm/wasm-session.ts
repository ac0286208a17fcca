/** A WebAssembly module at work, as a session of the engine. */
import type { Group, NdArray } from '../../types.ts';
import type { Session } from '../session.ts';
import { BYTES } from './loops.ts';
import type { WasmModel } from './write-wasm.ts';

export async function openWasmSession({ code, pages, constants, inputs, outputs }: WasmModel): Promise<Session> {
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const { instance } = await WebAssembly.instantiate(Uint8Array.from(code), { memory: { memory } });
  const run = instance.exports.run as () => void;
  const numbers = new Float32Array(memory.buffer);
  for (const constant of constants) numbers.set(constant.numbers, constant.address / BYTES);
  return {
    cached: false,
    async run(given) {
      for (const { name, address } of inputs) numbers.set(given[name].data, address / BYTES);
      run();
      const results: Record<string, NdArray['data']> = {};
      for (const { name, address, length } of outputs) results[name] = numbers.slice(address / BYTES, address / BYTES + length);
      return results satisfies Group<NdArray['data']>;
    },
    async release() {
      // The memory goes with the instance.
    },
  };
}

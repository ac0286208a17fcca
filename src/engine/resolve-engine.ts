/** Which engine runs the programs, and why. */
import type * as TensorFlow from '@tensorflow/tfjs';
import type { EngineChoice } from '../types.ts';
import { UserError } from '../user-error.ts';

export type EngineName = 'auto' | 'onnx' | 'tensorflow' | 'reference';

/**
 * @throws UserError saying what to install, where the engine asked for is not there.
 */
export async function resolveEngine(name: EngineName = 'auto', provider = 'cpu'): Promise<EngineChoice> {
  if (name === 'auto' || name === 'onnx') {
    const { listSupportedBackends } = await import('onnxruntime-node');
    const known = listSupportedBackends().map((backend) => backend.name);
    if (!known.includes(provider)) {
      throw new UserError(`ONNX Runtime has no provider "${provider}" on this machine, only ${known.join(', ')}`);
    }
    const chosen = name === 'auto' ? 'fastest on a CPU of those installed' : 'asked for';
    const wasm = name === 'auto' && provider === 'cpu' && hasWasm();
    return { name: 'onnx', backend: '', provider, wasm, reason: `onnx (${provider}): ${chosen}` };
  }
  if (name === 'reference') {
    return { name, backend: 'cpu', provider: '', wasm: false, reason: 'reference: plain JavaScript, slow, for checking' };
  }
  const found = await loadTensorFlow();
  return { name: 'tensorflow', backend: 'tensorflow', provider: '', wasm: false, reason: `tensorflow: ${found}` };
}

/** Whether WebAssembly gets memory here: its engine reserves addresses by the gigabyte, which a limit may forbid. */
function hasWasm(): boolean {
  try {
    return new WebAssembly.Memory({ initial: 1, maximum: 1 }).buffer.byteLength > 0;
  } catch {
    return false;
  }
}

/** The packages are optional: the GPU one, then the CPU one. */
async function loadTensorFlow(): Promise<string> {
  const failures: string[] = [];
  for (const name of ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node']) {
    try {
      await (import(name) as Promise<typeof TensorFlow>);
      return name;
    } catch (error) {
      failures.push(`${name}: ${(error instanceof Error ? error.message : String(error)).split('\n')[0]}`);
    }
  }
  throw new UserError(
    'the tensorflow engine needs @tensorflow/tfjs-node-gpu or @tensorflow/tfjs-node with their native library: ' +
      'run `npm rebuild @tensorflow/tfjs-node-gpu --ignore-scripts=false` (it downloads TensorFlow), ' +
      `or use --engine onnx. ${failures.join('; ')}`,
  );
}

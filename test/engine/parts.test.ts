/** Parts of an agent, as a graph tells them. */
import { describe, expect, it } from 'vitest';
import { Graph } from '../../src/engine/graph.ts';
import { partsOf } from '../../src/engine/parts.ts';

describe('the part of a node', () => {
  it('is that of the parameters it uses, or else that of its newest input', () => {
    const graph = new Graph({ fused: false });
    const input = (name: string) => graph.input(name, 'float32', [2, 2]);
    const add = (op: 'MatMul' | 'Mul' | 'Tanh', ...from: ReturnType<typeof input>[]) => graph.add(op, from, 'float32', [2, 2]);
    const image = input('batch/image');
    const scaled = add('Tanh', image);
    const encoded = add('MatMul', scaled, input('params/encoder/0/kernel'));
    const hidden = add('Tanh', encoded);
    const decoded = add('MatMul', hidden, input('params/decoder/0/kernel'));
    const loss = add('Mul', decoded, image);
    const slope = add('Mul', loss, hidden); // of the decoder, although it is taken at a value of the encoder
    const backward = add('MatMul', slope, input('params/encoder/0/kernel'));
    const target = add('MatMul', hidden, input('slow/critic/0/kernel'));
    const stepped = add('Mul', backward, input('slots/joint/momentum/encoder/0/kernel'));
    const leaving = add('Tanh', stepped);
    const nodes = graph.reachable([leaving, target]);
    const parts = partsOf(nodes);
    const partOf = ({ node }: typeof loss) => node && parts.get(node);
    expect([scaled, encoded, hidden, decoded, loss, slope, backward, target, stepped, leaving].map(partOf)).toEqual([
      'inputs', 'encoder', 'encoder', 'decoder', 'decoder', 'decoder', 'encoder', 'critic', 'optimizer', 'optimizer',
    ]);
  });
});

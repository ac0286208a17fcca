/**
 * A graph as the bytes of an ONNX model (onnx.proto3, field numbers as published there), written with `pbf`.
 */
import { PbfWriter } from 'pbf';
import { MEMORY, bytesOf, sizeOf } from '../nd-array.ts';
import { flopsOf } from './flops.ts';
import { DATA_TYPE, type Attribute, type Graph, type Node, type Value } from './graph.ts';
import { partsOf } from './parts.ts';

/** AttributeProto.AttributeType */
const FLOAT = 1, INT = 2, STRING = 3, INTS = 7;
const IR_VERSION = 8;
const OPSET = 17;

export interface NamedOutput {
  readonly name: string;
  readonly value: Value;
}

export interface OnnxModel {
  readonly kind: 'onnx';
  readonly bytes: Uint8Array;
  readonly nodes: number;
  /** Floating-point operations of its products and convolutions. */
  readonly flops: number;
}

/**
 * Inputs that no output needs are left out.
 * @param options.named every node is called by the part of the agent that it belongs to, as `encoder/12`, which a profile then tells
 */
export function writeModel(graph: Graph, outputs: readonly NamedOutput[], { named = false } = {}): OnnxModel {
  // An output has a name of its own, because one value may leave under several names, or be an input.
  const targets = outputs.map(({ name, value }) => ({ name, value: graph.materialize(value) }));
  const nodes = graph.reachable(targets.map(({ value }) => value));
  const constants = new Map<string, Value>();
  const used = new Set<string>();
  const collect = (value: Value) => {
    used.add(value.name);
    if (value.constant !== undefined || value.uniform !== undefined) constants.set(value.name, value);
  };
  for (const node of nodes) node.inputs.forEach(collect);
  for (const { value } of targets) collect(value);

  const parts = named ? partsOf(nodes) : undefined;
  const writer = new PbfWriter();
  writer.writeVarintField(1, IR_VERSION);
  writer.writeStringField(2, 'dreamtree');
  writer.writeMessage(7, (_: null, pbf: PbfWriter) => {
    for (const [index, node] of nodes.entries()) {
      pbf.writeMessage(1, writeNode, parts ? { ...node, name: `${parts.get(node)}/${index}` } : node);
    }
    for (const [index, { name, value }] of targets.entries()) {
      const leaving = [{ ...value, name }];
      const identity: WrittenNode = { op: 'Identity', domain: '', inputs: [value], attributes: {}, outputs: leaving };
      pbf.writeMessage(1, writeNode, parts ? { ...identity, name: `outputs/${index}` } : identity);
    }
    pbf.writeStringField(2, 'program');
    for (const value of constants.values()) if (!value.node) pbf.writeMessage(5, writeTensor, value);
    for (const value of graph.inputs) if (used.has(value.name)) pbf.writeMessage(11, writeValueInfo, value);
    for (const { name, value } of targets) pbf.writeMessage(12, writeValueInfo, { ...value, name });
  }, null);
  for (const [domain, version] of [['', OPSET], ['com.microsoft', 1]] as const) {
    writer.writeMessage(8, (_: null, pbf: PbfWriter) => {
      pbf.writeStringField(1, domain);
      pbf.writeVarintField(2, version);
    }, null);
  }
  const flops = nodes.reduce((sum, node) => sum + flopsOf(node), 0);
  return { kind: 'onnx', bytes: writer.finish(), nodes: nodes.length, flops };
}

/** Only an output is a value under another name: within a graph that is the same value. */
type WrittenNode = Omit<Node, 'op'> & { readonly op: Node['op'] | 'Identity'; readonly name?: string };

function writeNode(node: WrittenNode, pbf: PbfWriter): void {
  for (const input of node.inputs) pbf.writeStringField(1, input.name);
  for (const output of node.outputs) pbf.writeStringField(2, output.name);
  if (node.name !== undefined) pbf.writeStringField(3, node.name);
  pbf.writeStringField(4, node.op);
  for (const entry of Object.entries(node.attributes)) pbf.writeMessage(5, writeAttribute, entry);
  if (node.domain) pbf.writeStringField(7, node.domain);
}

function writeAttribute([name, value]: [string, Attribute], pbf: PbfWriter): void {
  pbf.writeStringField(1, name);
  if (typeof value === 'number') {
    pbf.writeVarintField(3, value);
    pbf.writeVarintField(20, INT);
  } else if (typeof value === 'string') {
    pbf.writeBytesField(4, Buffer.from(value));
    pbf.writeVarintField(20, STRING);
  } else if ('float' in value) {
    pbf.writeFloatField(2, value.float);
    pbf.writeVarintField(20, FLOAT);
  } else {
    for (const item of value) pbf.writeVarintField(8, item);
    pbf.writeVarintField(20, INTS);
  }
}

function writeTensor(value: Value, pbf: PbfWriter): void {
  for (const side of value.shape) pbf.writeVarintField(1, side);
  pbf.writeVarintField(2, DATA_TYPE[value.type]);
  pbf.writeStringField(8, value.name);
  pbf.writeBytesField(9, rawBytes(value));
}

function rawBytes({ type, shape, uniform, constant }: Value): Uint8Array {
  const source = constant ?? new Array<number>(sizeOf(shape)).fill(uniform ?? 0);
  const typed =
    type === 'int64' ? BigInt64Array.from(Array.from(source, BigInt)) : MEMORY[type].from(source);
  return bytesOf(typed);
}

function writeValueInfo(value: Value, pbf: PbfWriter): void {
  pbf.writeStringField(1, value.name);
  pbf.writeMessage(2, (_: null, type: PbfWriter) => {
    type.writeMessage(1, (__: null, tensor: PbfWriter) => {
      tensor.writeVarintField(1, DATA_TYPE[value.type]);
      tensor.writeMessage(2, (___: null, dims: PbfWriter) => {
        for (const side of value.shape) {
          dims.writeMessage(1, (____: null, dim: PbfWriter) => dim.writeVarintField(1, side), null);
        }
      }, null);
    }, null);
  }, null);
}

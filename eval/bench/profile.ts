/** What an update spends its time on: by kind of node and by part of the agent, as ONNX Runtime's own profiler counts. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { resolveEngine } from '../../src/engine/resolve-engine.ts';
import { openProgram, traceProgram } from '../../src/engine/traced-program.ts';
import { createRng } from '../../src/random.ts';
import { initLearner, updateProgram, updateSpecs } from '../../src/train/update.ts';
import { UserError } from '../../src/user-error.ts';
import { describeUpdate, randomInputs, timeUpdates, type UpdateRequest } from './update.ts';

/** One row of a table: nodes that have something in common. */
export interface Share {
  readonly name: string;
  /** Of the time of all nodes. */
  readonly share: number;
  /** An update, while the profiler looks on. */
  readonly ms: number;
  readonly nodes: number;
}

export interface UpdateProfile {
  readonly preset: string;
  /** Updates that were looked at. */
  readonly updates: number;
  /** Time of all nodes of an update; what is between them is not in it. */
  readonly nodesMs: number;
  readonly kinds: readonly Share[];
  readonly parts: readonly Share[];
  /** Where one update was written, node by node, as trace events. */
  readonly trace: string;
}

/** What ONNX Runtime calls nodes, by what they are to somebody who wants them to be faster. */
const KINDS: Readonly<Record<string, readonly string[]>> = {
  'matrix products': ['MatMul', 'Gemm', 'FusedMatMul', 'FusedGemm', 'Conv', 'FusedConv', 'ConvTranspose', 'NhwcFusedConv'],
  sums: ['ReduceSum', 'ReduceMean', 'ReduceSumSquare', 'ReduceMax', 'ReduceMin', 'CumSum'],
  'normalisation, softmax': ['SimplifiedLayerNormalization', 'LayerNormalization', 'Softmax', 'LogSoftmax'],
  'transposes': ['Transpose'],
  'copies and casts': ['Cast', 'Concat', 'Expand', 'Identity', 'Pad', 'Reshape', 'Slice', 'Split', 'Squeeze', 'Tile', 'Unsqueeze'],
  'choices': ['ArgMax', 'ArgMin', 'Gather', 'OneHot', 'ScatterND', 'TopK'],
};
const ELSE = 'element-wise';

/** Trace events as ONNX Runtime writes them: microseconds. */
const eventSchema = z.object({
  cat: z.string(), name: z.string(), ts: z.number(), dur: z.number(),
  args: z.object({ op_name: z.string().optional() }).loose(),
});
type Event = z.infer<typeof eventSchema>;

const KERNEL = /_kernel_time$/;

/** @throws UserError where the engine is not ONNX Runtime, or `trace` cannot be written */
export async function profileUpdate({ trace, updates = 10, ...request }: UpdateRequest & { readonly trace: string; readonly updates?: number }): Promise<UpdateProfile> {
  const { config, agent, batch, stages } = await describeUpdate(request);
  const engine = await resolveEngine(config.engine.name, config.engine.provider);
  if (engine.name !== 'onnx') throw new UserError(`engine.name: expected onnx, which has a profiler, got ${engine.name}`);
  const folder = mkdtempSync(path.join(tmpdir(), 'dreamtree-profile-'));
  try {
    const settings = { engine, constants: {}, named: true };
    const program = await openProgram(
      traceProgram('update', updateProgram(agent, stages), updateSpecs(agent, stages, batch), settings),
      { threads: config.train.threads, profile: path.join(folder, 'update') },
    );
    await timeUpdates(stages, program, initLearner(agent, createRng(0)), randomInputs(batch, createRng(1)), updates);
    await program.dispose();
    const [file] = readdirSync(folder);
    const runs = splitRuns(z.array(z.unknown()).parse(JSON.parse(readFileSync(path.join(folder, file), 'utf8')))).slice(-updates);
    writeTrace(trace, runs[runs.length - 1]);
    const nodes = runs.flat();
    const microseconds = nodes.reduce((sum, { dur }) => sum + dur, 0);
    const by = (nameOf: (event: Event) => string) => sharesOf(nodes, nameOf, { updates: runs.length, microseconds });
    return {
      preset: request.preset, updates: runs.length, nodesMs: microseconds / runs.length / 1000, kinds: by(kindOf), parts: by(partOf), trace,
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The nodes of each run, in the order of the runs. A run's own event comes after those of its nodes. */
function splitRuns(events: readonly unknown[]): Event[][] {
  const runs: Event[][] = [];
  let nodes: Event[] = [];
  for (const found of events) {
    const { data: event } = eventSchema.safeParse(found);
    if (!event) continue;
    if (event.cat === 'Node' && KERNEL.test(event.name)) nodes.push(event);
    if (event.name !== 'model_run') continue;
    runs.push(nodes);
    nodes = [];
  }
  return runs;
}

function sharesOf(
  nodes: readonly Event[],
  nameOf: (event: Event) => string,
  { updates, microseconds }: { readonly updates: number; readonly microseconds: number },
): Share[] {
  const groups = new Map<string, Event[]>();
  for (const node of nodes) {
    const name = nameOf(node);
    const group = groups.get(name);
    if (group) group.push(node);
    else groups.set(name, [node]);
  }
  return [...groups].map(([name, events]) => {
    const own = events.reduce((sum, { dur }) => sum + dur, 0);
    return { name, share: own / microseconds, ms: own / updates / 1000, nodes: events.length / updates };
  }).sort((a, b) => b.share - a.share);
}

const opOf = ({ args }: Event): string => args.op_name ?? 'unknown';
const kindOf = (event: Event): string => Object.keys(KINDS).find((kind) => KINDS[kind].includes(opOf(event))) ?? ELSE;
/** Nodes that ONNX Runtime made of others keep the name of the first at the beginning of theirs. */
const partOf = ({ name }: Event): string => /^[a-z][a-z0-9]*/i.exec(name.replace(KERNEL, ''))?.[0] ?? 'unknown';

/** In the Trace Event Format, of which Perfetto and the profilers of browsers make a picture. */
function writeTrace(file: string, nodes: readonly Event[]): void {
  const start = nodes[0]?.ts ?? 0;
  const traceEvents = nodes.map((event) => ({
    name: `${partOf(event)} ${opOf(event)}`, cat: kindOf(event), ph: 'X', pid: 1, tid: 1, ts: event.ts - start, dur: event.dur,
  }));
  const names = [['process_name', 'dreamtree'], ['thread_name', 'update']].map(([name, value]) => ({ name, ph: 'M', pid: 1, tid: 1, args: { name: value } }));
  try {
    writeFileSync(file, JSON.stringify({ traceEvents: [...names, ...traceEvents] }));
  } catch (error) {
    throw new UserError(`--trace: ${file} could not be written (${error instanceof Error ? error.message : String(error)})`, { cause: error });
  }
}

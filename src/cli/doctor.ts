/** What a machine must have for dreamtree to run, and what makes it faster, each looked at by trying it. */
import { access, constants, mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { availableParallelism, cpus, freemem, totalmem } from 'node:os';
import { join } from 'node:path';

export interface Finding {
  readonly what: string;
  /** `fail` where dreamtree cannot run, `warn` where something optional is missing. */
  readonly status: 'ok' | 'warn' | 'fail';
  readonly message: string;
}

type Outcome = Pick<Finding, 'status' | 'message'>;

/** An update of the preset `small` keeps about this much resident. */
const COMFORTABLE_BYTES = 2e9;

const require = createRequire(import.meta.url);

/** Every check, in order; none of them throws. */
export async function examine(cacheFolder: string | undefined): Promise<readonly Finding[]> {
  const checks: Readonly<Record<string, () => Outcome | Promise<Outcome>>> = {
    node: checkNode,
    processor: checkProcessor,
    memory: checkMemory,
    '@napi-rs/canvas': checkCanvas,
    sharp: checkSharp,
    'onnxruntime-node': checkOnnxRuntime,
    'tfjs-node': checkTensorFlow,
    fonts: checkFonts,
    cache: () => checkCache(cacheFolder),
  };
  const findings: Finding[] = [];
  for (const [what, check] of Object.entries(checks)) {
    try {
      findings.push({ what, ...(await check()) });
    } catch (error) {
      findings.push({ what, status: 'fail', message: `${firstLine(error)}; install the packages again with: npm ci` });
    }
  }
  return findings;
}

function ok(message: string): Outcome {
  return { status: 'ok', message };
}

function warn(message: string): Outcome {
  return { status: 'warn', message };
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0].trim();
}

function inUnits(bytes: number): string {
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}

async function checkNode(): Promise<Outcome> {
  const { engines } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8')) as {
    engines: { node: string };
  };
  const parts = (version: string): number[] => version.replace(/^[^\d]*/, '').split('.').map(Number);
  const [major, minor] = parts(process.version);
  const [leastMajor, leastMinor] = parts(engines.node);
  const recent = major > leastMajor || (major === leastMajor && minor >= leastMinor);
  if (!recent) return { status: 'fail', message: `${process.version}; expected ${engines.node}: install a newer Node` };
  return ok(`${process.version} on ${process.platform}-${process.arch}`);
}

function checkProcessor(): Outcome {
  const cores = availableParallelism();
  const message = `${cores} × ${cpus()[0]?.model.trim() ?? 'unknown'}`;
  return cores > 1 ? ok(message) : warn(`${message}; acting and learning will share the one core`);
}

function checkMemory(): Outcome {
  const message = `${inUnits(freemem())} free of ${inUnits(totalmem())}`;
  return freemem() > COMFORTABLE_BYTES ? ok(message) : warn(`${message}; use the preset tiny`);
}

async function checkCanvas(): Promise<Outcome> {
  const { createCanvas } = await import('@napi-rs/canvas');
  const ctx = createCanvas(2, 2).getContext('2d');
  ctx.fillStyle = '#ff8000';
  ctx.fillRect(0, 0, 2, 2);
  const [red, green, blue] = ctx.getImageData(0, 0, 1, 1).data;
  if (red === 255 && green === 128 && blue === 0) return ok(versionOf('@napi-rs/canvas'));
  return { status: 'fail', message: `expected the colour 255,128,0 to come back, got ${red},${green},${blue}` };
}

async function checkSharp(): Promise<Outcome> {
  const { default: sharp } = await import('sharp');
  const pixel = { width: 1, height: 1, channels: 3, background: '#ff8000' } as const;
  await sharp({ create: pixel }).webp().toBuffer();
  return ok(`${sharp.versions.sharp}, libvips ${sharp.versions.vips}`);
}

async function checkOnnxRuntime(): Promise<Outcome> {
  const { env, listSupportedBackends } = await import('onnxruntime-node');
  const providers = listSupportedBackends().map(({ name, bundled }) => (bundled ? name : `${name} (not bundled)`));
  return ok(`${env.versions.node}, providers: ${providers.join(', ')}`);
}

async function checkTensorFlow(): Promise<Outcome> {
  for (const name of ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node']) {
    try {
      await import(name);
      return ok(`${name} ${versionOf(name)}`);
    } catch {
      continue; // absent, or without its native part: both mean that this engine is not there
    }
  }
  const cure = 'npm rebuild @tensorflow/tfjs-node-gpu --ignore-scripts=false';
  return warn(`not available, needed by --engine tensorflow only; to get it: ${cure}`);
}

async function checkFonts(): Promise<Outcome> {
  const { GlobalFonts } = await import('@napi-rs/canvas');
  const { length } = GlobalFonts.families;
  if (length > 0) return ok(`${length} families for worlds that draw text; our own pictures bring DejaVu Sans`);
  return warn('no system fonts: text that a world draws stays empty; our own pictures bring DejaVu Sans');
}

async function checkCache(folder: string | undefined): Promise<Outcome> {
  const cure = 'every start will optimise its models anew; name a folder in DREAMTREE_CACHE';
  if (folder === undefined) return warn(`this user has no home folder: ${cure}`);
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.W_OK);
  } catch (error) {
    return warn(`${firstLine(error)}: ${cure}`);
  }
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const sizes = await Promise.all(files.map(async (file) => (await stat(join(file.parentPath, file.name))).size));
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  return ok(`${folder}, ${files.length} file(s), ${inUnits(bytes)} (may be deleted at any time)`);
}

function versionOf(name: string): string {
  return (require(`${name}/package.json`) as { version: string }).version;
}

/**
 * What can be seen behind a scene that has nothing to do with it. A backdrop fills the square of side 1; its picture is
 * a function of the episode's stream and the step alone, and the same at every size.
 */
import { createCanvas, ImageData } from '@napi-rs/canvas';
import type { SKRSContext2D } from '@napi-rs/canvas';
import type { Rng } from '../types.ts';

/** Draw what an episode, known by `rng`, shows at `step`. */
export type Backdrop = (ctx: SKRSContext2D, rng: Rng, step: number) => void;

const TURN = 2 * Math.PI;
/** Grains of noise along one side; fixed, so that the noise is the same in a picture of any size. */
const GRAINS = 32;

/** The static of an untuned television: every grain is a new grey at every step, so nothing of it can be foreseen. */
export function createNoise(): Backdrop {
  const grains = createCanvas(GRAINS, GRAINS);
  const grainsCtx = grains.getContext('2d');
  const image = new ImageData(GRAINS, GRAINS);
  const greys = new Float32Array(GRAINS * GRAINS);
  return (ctx, rng, step) => {
    rng.split(step).fillUniform(greys);
    for (let i = 0; i < greys.length; i++) {
      image.data.fill(256 * greys[i], 4 * i, 4 * i + 3);
      image.data[4 * i + 3] = 255;
    }
    grainsCtx.putImageData(image, 0, 0);
    ctx.imageSmoothingEnabled = false;
    ctx.drawImage(grains, 0, 0, 1, 1);
  };
}

const SHAPES = 12;

/** Discs, squares and triangles of all colours that drift and turn, each at its own pace; they leave and come back. */
export const drawShapes: Backdrop = (ctx, rng, step) => {
  for (let shape = 0; shape < SHAPES; shape++) {
    const draw = rng.split(shape);
    const between = (low: number, high: number) => low + (high - low) * draw.uniform();
    const radius = between(0.05, 0.12);
    const direction = between(0, TURN);
    const speed = between(0.008, 0.03);
    const x = cycle(draw.uniform() + speed * step * Math.cos(direction), radius);
    const y = cycle(draw.uniform() + speed * step * Math.sin(direction), radius);
    ctx.save();
    ctx.translate(x, y);
    ctx.rotate(between(0, TURN) + between(-0.15, 0.15) * step);
    ctx.fillStyle = `hsl(${between(0, 360)}, ${between(55, 85)}%, ${between(35, 65)}%)`;
    ctx.beginPath();
    if (shape % 3 === 0) ctx.arc(0, 0, radius, 0, TURN);
    else polygon(ctx, radius, shape % 3 === 1 ? 4 : 3);
    ctx.fill();
    ctx.restore();
  }
};

/** From 0..1 and beyond it to a place where something of this radius leaves at one side and enters at the other. */
function cycle(position: number, radius: number): number {
  return (position - Math.floor(position)) * (1 + 2 * radius) - radius;
}

function polygon(ctx: SKRSContext2D, radius: number, corners: number): void {
  for (let corner = 0; corner < corners; corner++) {
    const angle = (TURN * corner) / corners;
    ctx.lineTo(1.15 * radius * Math.cos(angle), 1.15 * radius * Math.sin(angle));
  }
}

const RIDGES = 4;
const CLOUDS = 3;

/** A country that passes by: sky, sun, clouds and hills, the near ones faster. Every episode is another journey. */
export const drawFilm: Backdrop = (ctx, rng, step) => {
  const between = (low: number, high: number) => low + (high - low) * rng.uniform();
  const skyHue = between(170, 400); // dawn, day, dusk; no green skies
  const landHue = skyHue + between(60, 300);
  const pace = between(0.015, 0.035) * (rng.uniform() < 0.5 ? -1 : 1);

  const sky = ctx.createLinearGradient(0, 0, 0, 1);
  sky.addColorStop(0, `hsl(${skyHue}, 60%, 38%)`);
  sky.addColorStop(1, `hsl(${skyHue + 40}, 75%, 75%)`);
  ctx.fillStyle = sky;
  ctx.fillRect(0, 0, 1, 1);

  ctx.fillStyle = `hsl(${skyHue + 60}, 95%, 85%)`;
  ctx.beginPath();
  ctx.arc(cycle(rng.uniform() + 0.1 * pace * step, 0.1), between(0.12, 0.3), 0.1, 0, TURN);
  ctx.fill();

  ctx.fillStyle = `hsla(${skyHue}, 40%, 92%, 0.8)`;
  for (let cloud = 0; cloud < CLOUDS; cloud++) {
    const x = cycle(rng.uniform() + between(0.2, 0.5) * pace * step, 0.2);
    const y = between(0.08, 0.4);
    const size = between(0.05, 0.08);
    ctx.beginPath();
    for (const [dx, dy, share] of [[-1.3, 0.25, 0.7], [0, -0.1, 1], [1.3, 0.2, 0.75]]) {
      ctx.ellipse(x + dx * size, y + dy * size, 1.3 * share * size, share * size, 0, 0, TURN);
      ctx.closePath();
    }
    ctx.fill();
  }

  for (let ridge = 0; ridge < RIDGES; ridge++) {
    const near = (ridge + 1) / RIDGES;
    const top = 0.4 + 0.42 * near - 0.08;
    const [slow, fast] = [between(0.7, 1.3), between(1.8, 3.2)];
    const [phase, fastPhase] = [rng.uniform(), rng.uniform()];
    ctx.fillStyle = `hsl(${landHue + 12 * ridge}, ${30 + 25 * near}%, ${56 - 38 * near}%)`;
    ctx.beginPath();
    ctx.moveTo(0, 1);
    for (let point = 0; point <= 24; point++) {
      const x = point / 24;
      const along = x + pace * near * near * 1.6 * step;
      const hills = 0.07 * Math.sin(TURN * (slow * along + phase)) + 0.03 * Math.sin(TURN * (fast * along + fastPhase));
      ctx.lineTo(x, top + hills);
    }
    ctx.lineTo(1, 1);
    ctx.fill();
  }
};

/** What Seaquest shows: the sea, and whatever is seen in it. */
import { box, trail } from '../draw/arcade.ts';
import { disc } from '../draw/grid.ts';
import { createSprites } from '../draw/sprites.ts';
import { SIZE } from './rules.ts';

export type SeaThing =
  | 'rescued diver'
  | 'enemy shot'
  | 'shot'
  | `${'diver' | 'fish' | 'submarine' | 'player'} to the ${'left' | 'right'}`;

/** Draw the sea and things in it, each in its cell. */
export const drawSea = createSprites<SeaThing>({
  reach: 1,

  /** Air above, the ground below, water between. */
  behind(ctx, palette) {
    ctx.globalAlpha = 0.12;
    ctx.fillStyle = palette.agent;
    ctx.fillRect(0, 0.75, SIZE, SIZE - 1.75);
    ctx.globalAlpha = 1;
    ctx.fillStyle = palette.accent;
    ctx.fillRect(0, 0, SIZE, 0.75);
    ctx.fillRect(0, SIZE - 1, SIZE, 1);
    ctx.fillStyle = palette.foreground;
    ctx.fillRect(0, 0.75, SIZE, 0.12);
  },

  /** A fish is red and slim; a submarine is violet, and a box. */
  paint(ctx, kind, palette) {
    const [what, way] = kind.split(' to the ');
    const right = way === 'right';
    switch (what) {
      case 'rescued diver':
        box(ctx, 0, 0.5, 1.1, 0.46, palette.goal, 0.1);
        break;
      case 'enemy shot':
      case 'shot':
        box(ctx, 0.05, 0.3, 0.9, 0.4, what === 'shot' ? palette.foreground : palette.danger, 0.2);
        break;
      case 'diver':
        trail(ctx, 0, 0, right, palette.goal);
        disc(ctx, 0.5, 0.5, 0.38, palette.goal);
        break;
      case 'fish':
        trail(ctx, 0, 0, right, palette.danger);
        box(ctx, 0.04, 0.2, 0.92, 0.6, palette.danger, 0.3);
        break;
      case 'submarine':
        trail(ctx, 0, 0, right, palette.danger);
        box(ctx, 0.04, 0.08, 0.92, 0.84, palette.danger, 0.15);
        ctx.globalAlpha = 0.5;
        box(ctx, 0.04, 0.08, 0.92, 0.84, palette.agent, 0.15);
        ctx.globalAlpha = 1;
        box(ctx, right ? 0.6 : 0.1, 0.35, 0.3, 0.3, palette.foreground, 0.05);
        break;
      case 'player':
        ctx.globalAlpha = 0.6;
        box(ctx, right ? -1 : 0.6, 0.15, 1.4, 0.7, palette.agent, 0.3);
        ctx.globalAlpha = 1;
        box(ctx, 0.02, 0.05, 0.96, 0.9, palette.agent, 0.4);
        disc(ctx, right ? 0.65 : 0.35, 0.5, 0.2, palette.foreground);
        break;
    }
  },
});

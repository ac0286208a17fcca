// Teach Node to read TypeScript (tsx; no build step). Imported for its effect by the command and by every worker.
// `tsconfig: false`: a tsconfig.json in the folder we are called from must not change how our source is read.
// Hooks run last registered first, so tsx asks hooks.mjs what a file is.
import module from 'node:module';
import { register } from 'tsx/esm/api';

module.register('./hooks.mjs', import.meta.url);
register({ tsconfig: false });

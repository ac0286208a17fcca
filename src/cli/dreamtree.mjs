#!/usr/bin/env node
// The `dreamtree` command. Plain JavaScript: it lets Node read TypeScript, then hands over to main.ts.
import '../loader/register.mjs';

const { main } = await import('./main.ts');
process.exitCode = await main(process.argv.slice(2));

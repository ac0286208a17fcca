// How a user's own world is read, wherever its file lies.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const EXPORTS_OR_IMPORTS = /^\s*(?:export|import)\b(?!\s*\()/m;

export async function resolve(specifier, context, next) {
  // 'dreamtree' is the copy that runs, installed beside the file or not.
  if (specifier === 'dreamtree') return next(new URL('../index.ts', import.meta.url).href, context);
  const resolved = await next(specifier, context);
  const { protocol, pathname } = new URL(resolved.url);
  if (protocol !== 'file:' || resolved.format === 'module' || pathname.includes('/node_modules/')) return resolved;
  // Its package.json may not say "type": "module", or be missing. Our kind of TypeScript is an ES module all the
  // same, and JavaScript is one where it imports or exports.
  const isModule =
    pathname.endsWith('.ts') ||
    (pathname.endsWith('.js') && EXPORTS_OR_IMPORTS.test(await readFile(fileURLToPath(resolved.url), 'utf8')));
  return isModule ? { ...resolved, format: 'module' } : resolved;
}

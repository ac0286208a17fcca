/**
 * A user whom the system does not know, as in many containers, has a home only where HOME says so, and libraries fail to
 * load without one. Then it is the root folder, as Docker has it. Imported first, for this effect.
 */
import { homedir } from 'node:os';

try {
  homedir();
} catch {
  process.env.HOME = '/';
}

import { chownSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** A file that root made for the server belongs to whom the directory belongs to, or the server could not open it. */
export function giveToOwner(file: string): void {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = statSync(dirname(file));
  chownSync(file, uid, gid);
}

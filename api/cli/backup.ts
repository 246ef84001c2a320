import { existsSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { lockDataDir } from '../data-lock.ts';
import { EXIT, Refusal } from '../refusal.ts';
import { backUp, prepareRestored } from '../store/sqlite/backup.ts';
import { putInPlace } from '../store/sqlite/files.ts';
import type { Command } from './command.ts';
import { embeddedFile } from './stores.ts';

export const backupCommand: Command = {
  usage: 'backup FILE',
  summary: 'copies the embedded database, beside a running server',
  help: `FILE becomes a whole database, as of one moment, checked from its first page to its last. Keep the secrets
(NEXCHAT_PEPPERS and NEXCHAT_PRELOGIN_KEY, or secrets.json) with it, but apart from it: without them nobody can sign in.`,
  async run({ words: [file = ''], settings, print }) {
    const pages = await backUp(embeddedFile(settings), file);
    print(`${file} is a whole copy of the database (${pages} pages), and sound.`);
    return EXIT.ok;
  },
};

export const restoreCommand: Command = {
  usage: 'restore FILE',
  summary: 'puts a backup in the place of the embedded database; the server must not run',
  help: `FILE is checked first; nothing is changed when it is damaged. What was there is kept beside it. The history gets a
new name (epoch), so that every client asks how things stand instead of going on where the backup does not reach, keeps
what it has not sent, and sends again what was acknowledged lately.`,
  async run({ words: [backup = ''], settings, print }) {
    const file = embeddedFile(settings);
    if (!existsSync(backup)) throw new Refusal(EXIT.missing, `There is no file ${backup}.`);
    const unlock = lockDataDir(settings.dataDir);
    try {
      const keptAs = existsSync(file)
        ? `${file}.before-${new Date().toISOString().replaceAll(/[:.]/g, '-')}`
        : undefined;
      await putInPlace(
        file,
        async (made) => {
          await copyFile(backup, made);
          prepareRestored(made, backup);
        },
        keptAs,
      );
      print(`${file} is now ${backup}, under a new epoch.`);
      if (keptAs !== undefined) print(`What was there is ${keptAs}.`);
      return EXIT.ok;
    } finally {
      unlock();
    }
  },
};

import { EXIT } from '../refusal.ts';
import { createAudit } from '../store/audit.ts';
import { inspectFile } from '../store/sqlite/inspect.ts';
import type { Command } from './command.ts';
import { sqliteFile, withArchive } from './stores.ts';

export const doctorCommand: Command = {
  usage: 'doctor',
  summary: 'looks for anything wrong with settings and data',
  help: `Reads everything once: the settings, the file, its tables and indexes, and whether every log is without a gap,
every message has its number and stands in both logs, what was acknowledged is there, and nothing refers to what is
missing. Prints what it finds, a sentence each, and then ends with 1; with 0 when all is well. Beside a running server
on the embedded database; with MongoDB stop the servers first, or what they do meanwhile is taken for a fault.`,
  async run({ settings, print }) {
    const findings = settings.store === 'sqlite' ? inspectFile(sqliteFile(settings)) : [];
    const audit = createAudit();
    await withArchive(settings, async (archive) => {
      for await (const record of archive.records()) audit.add(record);
    });
    findings.push(...audit.findings());
    findings.forEach(print);
    if (findings.length > 0) return EXIT.failed;
    print('All is well.');
    return EXIT.ok;
  },
};

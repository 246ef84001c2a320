import { unfitSecrets } from '../auth/secrets.ts';
import { EXIT } from '../refusal.ts';
import type { ArchiveRecord } from '../store/archive.ts';
import { createAudit } from '../store/audit.ts';
import { inspectFile } from '../store/sqlite/inspect.ts';
import type { Command } from './command.ts';
import { sqliteFile, withArchive } from './stores.ts';

export const doctorCommand: Command = {
  usage: 'doctor',
  summary: 'looks for anything wrong with settings and data',
  help: `Reads everything once: the settings, whether their secrets are those of the accounts, the file, its tables and
indexes, and whether every log is without a gap,
every message has its number and stands in both logs, what was acknowledged is there, every call ended that nobody is
in, and nothing refers to what is missing. Prints what it finds, a sentence each, and then ends with 1; with 0 when all is well. Beside a running server
on the embedded database; with MongoDB stop the servers first, or what they do meanwhile is taken for a fault.`,
  async run({ settings, print }) {
    const findings = settings.store === 'sqlite' ? inspectFile(sqliteFile(settings)) : [];
    const audit = createAudit();
    const peppers = new Set<string>();
    await withArchive(settings, async (archive) => {
      for await (const record of archive.records()) {
        audit.add(record);
        for (const name of peppersOf(record)) peppers.add(name);
      }
    });
    findings.push(...audit.findings());
    const unfit = unfitSecrets(settings, [...peppers]);
    if (unfit !== undefined) findings.push(unfit);
    findings.forEach(print);
    if (findings.length > 0) return EXIT.failed;
    print('All is well.');
    return EXIT.ok;
  },
};

/** The names of the peppers that an account's password and recovery code were made with. */
function peppersOf(record: ArchiveRecord): string[] {
  if (record.kind !== 'user' || !record.account) return [];
  const { credentials, recovery } = record.account;
  return [credentials.pepperId, ...(recovery ? [recovery.pepperId] : [])];
}

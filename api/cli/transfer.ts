import { randomBytes } from 'node:crypto';
import { lockDataDir } from '../data-lock.ts';
import { EXIT } from '../refusal.ts';
import { ARCHIVE_KINDS, type ArchiveRecord } from '../store/archive.ts';
import { type Counts, readArchive, writeArchive } from '../store/archive-file.ts';
import { type Audit, createAudit } from '../store/audit.ts';
import type { Call, Command } from './command.ts';
import { withArchive } from './stores.ts';

export const exportCommand: Command = {
  usage: 'export FILE',
  summary: 'writes everything into an archive; beside a running server, or with MongoDB while none runs',
  help: `FILE is gzip of lines of JSON and ends with counts and SHA-256 of what is in it. It holds everything but
the secrets: keep those apart. Whatever is found wrong on the way is told, and makes the exit
code 1; the archive is there all the same. The embedded database is read as of one moment, whatever is written meanwhile;
of a MongoDB there is no such moment, so stop its servers first.`,
  async run({ words: [file = ''], settings, print }) {
    const audit = createAudit();
    const counts = await withArchive(settings, (archive) =>
      writeArchive(file, audited(archive.records(), audit), new Date()),
    );
    print(`${file} holds ${inWords(counts)}.`);
    return tell(audit, print);
  },
};

export const importCommand: Command = {
  usage: 'import FILE [--new-epoch]',
  summary: 'fills an empty store from an archive; the server must not run',
  help: `Everything or nothing: an archive that is damaged anywhere leaves the store as it was. Clients go on where they
were, as after a move. With --new-epoch the history gets a new name, so that every client asks how things stand: for
an archive that is older than what clients have seen.`,
  options: { 'new-epoch': { type: 'boolean' } },
  async run({ words: [file = ''], options, settings, print }) {
    const unlock = settings.store === 'sqlite' ? lockDataDir(settings.dataDir) : () => {};
    try {
      const audit = createAudit();
      const records = audited(readArchive(file), audit);
      const read = reported(records, print);
      const given = options['new-epoch'] === true ? renamed(read) : read;
      await withArchive(settings, (archive) => archive.load(given));
      print(`Everything of ${file} is in the store.`);
      return tell(audit, print);
    } finally {
      unlock();
    }
  },
};

async function* audited(records: AsyncIterable<ArchiveRecord>, audit: Audit): AsyncGenerator<ArchiveRecord> {
  for await (const record of records) {
    audit.add(record);
    yield record;
  }
}

/** A large archive takes minutes: whoever waits should see that it goes on. */
const TELL_EVERY = 100_000;

async function* reported(
  records: AsyncIterable<ArchiveRecord>,
  print: Call['print'],
): AsyncGenerator<ArchiveRecord> {
  let count = 0;
  for await (const record of records) {
    yield record;
    count += 1;
    if (count % TELL_EVERY === 0) print(`${new Intl.NumberFormat('en').format(count)} records read …`);
  }
}

async function* renamed(records: AsyncIterable<ArchiveRecord>): AsyncGenerator<ArchiveRecord> {
  for await (const record of records) {
    yield record.kind === 'history' ? { ...record, epoch: randomBytes(16).toString('base64url') } : record;
  }
}

function tell(audit: Audit, print: Call['print']): typeof EXIT.ok | typeof EXIT.failed {
  const findings = audit.findings();
  findings.forEach(print);
  return findings.length === 0 ? EXIT.ok : EXIT.failed;
}

/** "3 user, 12 message and 24 entry records" */
function inWords(counts: Counts): string {
  const parts = ARCHIVE_KINDS.filter((kind) => counts[kind] > 0).map((kind) => `${counts[kind]} ${kind}`);
  return `${new Intl.ListFormat('en').format(parts)} records`;
}

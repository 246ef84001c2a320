import { type Hash, createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { access, open, rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import * as v from 'valibot';
import { EXIT, Refusal } from '../refusal.ts';
import { ARCHIVE_KINDS, type ArchiveKind, type ArchiveRecord, archiveRecord } from './archive.ts';

/**
 * An archive is gzip of lines of JSON: a header, a record a line, and a trailer with how many records of each kind there
 * are and the SHA-256 of their lines (each with its line feed). `zcat archive.gz | head` shows it to a person.
 */
const VERSION = 2;
/** The first version knew no calls. */
const READABLE: ReadonlySet<number> = new Set([1, VERSION]);
const header = v.strictObject({ nexchat: v.literal('archive'), version: v.number(), created: v.string() });

const perKind = <const S extends v.GenericSchema>(schema: S) => v.record(v.picklist(ARCHIVE_KINDS), schema);
const trailer = v.strictObject({
  kind: v.literal('end'),
  counts: perKind(v.number()),
  sha256: perKind(v.string()),
});
export type Counts = Readonly<Record<ArchiveKind, number>>;

/** About so many characters are handed on at once: a step for every line would take most of the time. */
const CHUNK = 1 << 16;

/**
 * Writes an archive, readable by its owner only, and returns how many records of each kind it holds. Under its name it
 * is complete and on disk, or not there at all. Throws a Refusal when the file exists.
 */
export async function writeArchive(
  file: string,
  records: AsyncIterable<ArchiveRecord>,
  created: Date,
): Promise<Counts> {
  if (await exists(file)) throw new Refusal(EXIT.exists, `${file} exists already. Name a new file.`);
  const part = `${file}.part`;
  const tally = createTally();
  try {
    // Most of it is sealed, and does not compress however long one tries.
    const lines = Readable.from(linesOf(records, created, tally), { objectMode: false });
    await pipeline(lines, createGzip({ level: 1 }), createWriteStream(part, { mode: 0o600 }));
    await sync(part);
    await rename(part, file);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
  return tally.counts();
}

/**
 * The records of an archive, each checked. Ends in a Refusal when a line is no record, when the end is missing, or when
 * counts or hashes differ: whoever reads must not keep what came before.
 */
export async function* readArchive(file: string): AsyncGenerator<ArchiveRecord> {
  const damaged = (why: string, cause?: unknown) =>
    new Refusal(EXIT.data, `${file} is not a whole archive of NexChat: ${why}.`, cause);
  const tally = createTally();
  let [at, ended] = [0, false];
  try {
    for await (const line of gunzippedLines(file)) {
      at += 1;
      const value = parseJson(line);
      if (at === 1) {
        const read = v.safeParse(header, value);
        if (!read.success) throw damaged('it does not begin like one');
        const { version } = read.output;
        if (!READABLE.has(version)) {
          throw new Refusal(
            EXIT.data,
            `${file} is an archive of version ${version}; this NexChat reads versions up to ${VERSION}. Use the version that wrote it.`,
          );
        }
        continue;
      }
      if (ended) throw damaged(`line ${at} comes after its end`);
      const end = v.safeParse(trailer, value);
      if (end.success) {
        const differs = tally.differsFrom(end.output);
        if (differs) throw damaged(differs);
        ended = true;
        continue;
      }
      const record = v.safeParse(archiveRecord, value, { abortEarly: true });
      if (!record.success) throw damaged(`line ${at} is no record (${v.getDotPath(record.issues[0])})`);
      tally.add(record.output.kind, `${line}\n`);
      yield record.output;
    }
  } catch (error) {
    if (error instanceof Refusal) throw error;
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code === 'ENOENT') throw new Refusal(EXIT.missing, `There is no file ${file}.`, error);
    if (code.startsWith('Z_')) throw damaged('it can’t be decompressed', error);
    throw error;
  }
  if (!ended) throw damaged('its end is missing');
}

async function* gunzippedLines(file: string): AsyncGenerator<string> {
  const source = createReadStream(file);
  const text = createGunzip();
  // An error of the file would stay with the file.
  source.on('error', (error) => text.destroy(error));
  source.pipe(text).setEncoding('utf8');
  let rest = '';
  try {
    for await (const chunk of text as AsyncIterable<string>) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      yield* lines;
    }
    if (rest !== '') yield rest;
  } finally {
    source.destroy();
    text.destroy();
  }
}

async function* linesOf(
  records: AsyncIterable<ArchiveRecord>,
  created: Date,
  tally: Tally,
): AsyncGenerator<string> {
  let chunk = `${JSON.stringify({ nexchat: 'archive', version: VERSION, created: created.toISOString() })}\n`;
  for await (const record of records) {
    const line = `${JSON.stringify(record, asText)}\n`;
    tally.add(record.kind, line);
    chunk += line;
    if (chunk.length < CHUNK) continue;
    yield chunk;
    chunk = '';
  }
  yield `${chunk}${JSON.stringify({ kind: 'end', ...tally.end() })}\n`;
}

function asText(_name: string, value: unknown): unknown {
  return value instanceof Uint8Array
    ? Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64url')
    : value;
}

type Tally = ReturnType<typeof createTally>;
/** Counts and hashes the lines of each kind. */
function createTally() {
  const byKind = new Map<ArchiveKind, { count: number; hash: Hash }>(
    ARCHIVE_KINDS.map((kind) => [kind, { count: 0, hash: createHash('sha256') }]),
  );
  const each = <T>(of: (kept: { count: number; hash: Hash }) => T) =>
    Object.fromEntries(Array.from(byKind, ([kind, kept]) => [kind, of(kept)])) as Record<ArchiveKind, T>;
  const counts = (): Counts => each(({ count }) => count);
  const end = () => ({ counts: counts(), sha256: each(({ hash }) => hash.copy().digest('hex')) });
  return {
    counts,
    end,
    add(kind: ArchiveKind, line: string): void {
      const kept = byKind.get(kind);
      if (!kept) throw new Error(`records of kind ${kind} have no place in an archive`);
      kept.count += 1;
      kept.hash.update(line);
    },
    /** What is not as the trailer says, as the end of a sentence. */
    differsFrom(told: v.InferOutput<typeof trailer>): string | undefined {
      const found = end();
      for (const kind of ARCHIVE_KINDS) {
        const [expected, got] = [told.counts[kind] ?? 0, found.counts[kind]];
        if (expected !== got) return `it should hold ${expected} records of kind ${kind}, and holds ${got}`;
        if (got > 0 && told.sha256[kind] !== found.sha256[kind])
          return `its records of kind ${kind} were changed`;
      }
      return undefined;
    },
  };
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

async function sync(file: string): Promise<void> {
  const handle = await open(file, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

import type { OpId } from '#shared/ids.ts';
import type { Archive, ArchivedMessage, Stop } from '../store/ports.ts';
import type { TextIndex } from './text-index.ts';

interface Reading {
  readonly archive: Archive;
  readonly index: TextIndex;
  readonly report: (error: unknown) => void;
  readonly progress: (done: number, total: number) => void;
  readonly finished: () => void;
  /** What was read already has changed. */
  readonly changed: () => void;
}

/** Messages opened in one go: some ten milliseconds of work. */
const PORTION = 250;
/** The screen comes first, but reading goes on while it is busy, too; in milliseconds. */
const PATIENCE = 200;

/** Reads all messages into the index, newest first and between other work, and then whatever changes. */
export function readArchive({ archive, index, report, progress, finished, changed }: Reading): Stop {
  let stopped = false;
  /** What has changed and was not read again yet; null when that may be anything. */
  let waiting: Set<OpId> | null = new Set();
  /** One after the other, so that nothing older overwrites what is newer. */
  let work = attempt(readAll);

  const stopListening = archive.onChange((ids) => {
    const isFirst = waiting !== null && waiting.size === 0;
    waiting = ids === null || waiting === null ? null : new Set([...waiting, ...ids]);
    if (isFirst) work = work.then(() => attempt(follow));
  });

  async function attempt(task: () => Promise<void>): Promise<void> {
    try {
      if (!stopped) await task();
    } catch (error) {
      // What is under way when somebody locks finds the database closed.
      if (!stopped) report(error);
    }
  }

  async function readAll(): Promise<void> {
    let done = 0;
    let before: OpId | null = null;
    const total = await archive.count();
    if (stopped) return;
    progress(0, total);
    for (;;) {
      await idle();
      if (stopped) return;
      const portion: readonly ArchivedMessage[] = await archive.read(before, PORTION);
      if (stopped) return;
      for (const message of portion) keep(message);
      done += portion.length;
      before = portion.at(-1)?.id ?? null;
      if (portion.length < PORTION) return finished();
      progress(done, Math.max(total, done));
    }
  }

  function keep({ text, ...message }: ArchivedMessage): void {
    if (text !== null) index.put({ ...message, text });
  }

  async function follow(): Promise<void> {
    const ids = waiting === null ? null : [...waiting];
    waiting = new Set();
    // Where that may be anything, what is here is compared with what is known.
    const present = ids === null ? new Set(await archive.ids()) : null;
    const gone = present === null ? [] : [...index.ids()].filter((id) => !present.has(id));
    for (const id of gone) index.drop(id);
    const fresh = ids ?? [...(present ?? [])].filter((id) => !index.has(id));
    for (let at = 0; at < fresh.length; at += PORTION) {
      const portion = fresh.slice(at, at + PORTION);
      const found = await archive.find(portion);
      if (stopped) return;
      for (const id of portion) index.drop(id);
      for (const message of found) keep(message);
    }
    if (!stopped) changed();
  }

  return () => {
    stopped = true;
    stopListening();
  };
}

/** Resolves when the browser has nothing better to do, or after a while in any case. */
function idle(): Promise<void> {
  return new Promise((resolve) => {
    if ('requestIdleCallback' in globalThis) requestIdleCallback(() => resolve(), { timeout: PATIENCE });
    else setTimeout(resolve);
  });
}

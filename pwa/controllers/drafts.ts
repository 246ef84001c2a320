import type { UserId } from '#shared/ids.ts';
import type { Timers } from '#sync/client/ports.ts';

/**
 * Keeps what is being typed: the first key at once, further ones a moment later together, everything when the page is
 * hidden. A page that is being unloaded gets no time to seal and write, so nothing may wait for that.
 */
export interface Drafts {
  changed(peer: UserId, text: string): void;
  /**
   * It is a message by now, and whoever stores that deletes what is stored of the draft, and then calls what this gives:
   * until then that is none.
   */
  sent(peer: UserId): () => void;
  /** Writes what is not written yet, also what could not be written before. */
  flush(): Promise<void>;
  /** What is not on the device as it is here; undefined when all of it is. */
  unsaved(peer: UserId): string | undefined;
  /** Drops what is not written yet: its owner is gone from this device. */
  forget(): void;
}

interface DraftsDeps {
  readonly save: (peer: UserId, text: string) => Promise<void>;
  readonly timers: Timers;
  readonly report: (error: unknown) => void;
}

const EVERY_MS = 250;

export function createDrafts({ save, timers, report }: DraftsDeps): Drafts {
  const unsaved = new Map<UserId, string>();
  /** What the device did not take: kept until it is asked again. */
  const refused = new Map<UserId, string>();
  /** Whose stored draft was sent. */
  const sent = new Set<UserId>();
  let cancel = () => {};
  let waiting = false;
  /** Writes go one after the other, so that an older text never overtakes a newer one. */
  let writing: Promise<void> = Promise.resolve();

  function saveSoon(): void {
    if (waiting || unsaved.size === 0) return;
    void flush();
    waiting = true;
    cancel = timers.after(EVERY_MS, () => {
      waiting = false;
      saveSoon();
    });
  }

  function flush(): Promise<void> {
    writing = writing.then(write);
    return writing;
  }

  async function write(): Promise<void> {
    for (const [peer, text] of unsaved) {
      unsaved.delete(peer);
      try {
        await save(peer, text);
      } catch (error) {
        if (!unsaved.has(peer)) refused.set(peer, text);
        report(error);
      }
    }
  }

  return {
    changed(peer, text) {
      refused.delete(peer);
      sent.delete(peer);
      unsaved.set(peer, text);
      saveSoon();
    },
    sent(peer) {
      refused.delete(peer);
      unsaved.delete(peer);
      sent.add(peer);
      return () => sent.delete(peer);
    },
    flush() {
      for (const [peer, text] of refused) if (!unsaved.has(peer)) unsaved.set(peer, text);
      refused.clear();
      return flush();
    },
    unsaved: (peer) => unsaved.get(peer) ?? refused.get(peer) ?? (sent.has(peer) ? '' : undefined),
    forget() {
      cancel();
      waiting = false;
      unsaved.clear();
      refused.clear();
      sent.clear();
    },
  };
}

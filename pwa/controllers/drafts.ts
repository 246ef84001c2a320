import type { UserId } from '#shared/ids.ts';
import type { Timers } from '#sync/client/ports.ts';

/**
 * Keeps what is being typed: the first key at once, further ones a moment later together, everything when the page is
 * hidden. A page that is being unloaded gets no time to seal and write, so nothing may wait for that.
 */
export interface Drafts {
  changed(peer: UserId, text: string): void;
  /** It is a message by now, and whoever stores that deletes what is stored of the draft. */
  sent(peer: UserId): void;
  /** Writes what is not written yet. */
  flush(): Promise<void>;
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
        report(error);
      }
    }
  }

  return {
    changed(peer, text) {
      unsaved.set(peer, text);
      saveSoon();
    },
    sent: (peer) => void unsaved.delete(peer),
    flush,
    forget() {
      cancel();
      waiting = false;
      unsaved.clear();
    },
  };
}

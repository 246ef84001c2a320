import { batch } from '@preact/signals';
import type { UserId } from '#shared/ids.ts';
import type { TimelineModel } from '../models/timeline.ts';
import { newOpId } from '../store/op-id.ts';
import type { Drafts } from './drafts.ts';
import { type Inside, mustBeInside } from './inside.ts';
import type { Window } from './window.ts';

/** What one writes shows at once; what the device does not take goes back to where it was written. */
export interface Sending {
  /** Resolves to whether it is stored. */
  send(peer: UserId, text: string): Promise<boolean>;
  /** Resolves when everything so far is stored, or given back. */
  settled(): Promise<void>;
}

interface SendingDeps {
  readonly timeline: Pick<TimelineModel, 'peer' | 'draft'>;
  readonly frame: Pick<Window, 'write' | 'unwrite'>;
  readonly drafts: Pick<Drafts, 'changed' | 'sent' | 'unsaved'>;
  readonly inside: () => Inside | null;
  readonly report: (error: unknown) => void;
}

/** What is being stored for one friend. */
interface Work {
  pending: number;
  /** What was not taken, in its order. */
  readonly refused: string[];
}

export function createSending({ timeline, frame, drafts, inside, report }: SendingDeps): Sending {
  const works = new Map<UserId, Work>();
  const running = new Set<Promise<unknown>>();

  async function store(peer: UserId, text: string): Promise<boolean> {
    const work = works.get(peer) ?? { pending: 0, refused: [] };
    works.set(peer, work);
    work.pending++;
    const now = inside();
    const at = Date.now();
    const id = newOpId(at);
    batch(() => {
      timeline.draft.value = '';
      frame.write({ id, mine: true, text, at, n: null, tick: 'writing', error: null, holeBefore: false });
    });
    const isMessage = drafts.sent(peer);
    let stored = true;
    try {
      await mustBeInside(now).store.queueMessage(peer, text, { id });
      isMessage();
    } catch (error) {
      stored = false;
      work.refused.push(text);
      if (timeline.peer.value === peer) frame.unwrite(id);
      report(error);
    }
    // Together, so that they are in their order.
    if (--work.pending === 0) {
      works.delete(peer);
      if (work.refused.length > 0 && now !== null && inside() === now)
        await giveBack(now, peer, work.refused);
    }
    return stored;
  }

  /** In front of what was typed there since. */
  async function giveBack(
    { store: { draft } }: Inside,
    peer: UserId,
    refused: readonly string[],
  ): Promise<void> {
    const text = refused.join('\n');
    const isOpen = () => timeline.peer.value === peer;
    const stored = isOpen() ? '' : (drafts.unsaved(peer) ?? (await draft(peer)));
    const since = isOpen() ? timeline.draft.value : stored;
    const both = since === '' ? text : `${text}\n${since}`;
    if (isOpen()) timeline.draft.value = both;
    drafts.changed(peer, both);
  }

  return {
    async send(peer, text) {
      const sending = store(peer, text);
      running.add(sending);
      try {
        return await sending;
      } finally {
        running.delete(sending);
      }
    },
    async settled() {
      await Promise.allSettled(running);
    },
  };
}

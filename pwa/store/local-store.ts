import Dexie from 'dexie';
import { utf8 } from '#shared/bytes.ts';
import type { UserId } from '#shared/ids.ts';
import type { Context } from './context.ts';
import { guarded } from './failures.ts';
import { queueFriendAction } from './friend-actions.ts';
import { knownKeyring } from './known-keyring.ts';
import { live } from './live.ts';
import { epochOf, readMeta } from './meta.ts';
import { readNotices } from './notices.ts';
import { countQueued } from './outbox.ts';
import { discardMessage, queueMessage, retryMessage } from './outgoing.ts';
import type { CallStore, LocalStore, Stop } from './ports.ts';
import { createPresenter } from './present.ts';
import { markSeen } from './receipts.ts';

/** The local database behind its interface. What the browser refuses becomes a Failure here. */
export function createStore(context: Context): LocalStore {
  const { db, keychain, report, inTurn } = context;
  const presenter = createPresenter(context);

  return {
    // What speaks to the server comes after what is on the screen.
    lead: async () => (await import('./lead.ts')).lead(context),

    queueMessage: (peer, text) => guarded(() => queueMessage(context, peer, text)),
    queueFriendAction: (kind, peer, name) => guarded(() => queueFriendAction(context, kind, peer, name)),
    markSeen: (peer, n) => guarded(() => markSeen(context, peer, n)),
    retry: (id) => guarded(() => retryMessage(context, id)),
    discard: (id) => guarded(() => discardMessage(context, id)),
    saveDraft: (peer, text) => guarded(() => inTurn(peer, async () => saveDraft(context, peer, text))),

    draft: (peer) => guarded(async () => presenter.draft(await db.drafts.get(peer))),
    seenUpTo: (peer) => guarded(async () => (await db.conversations.get(peer))?.mine.seen ?? 0),
    countUnsent: () =>
      guarded(async () => {
        const [queued, failed] = await Promise.all([
          countQueued(db),
          db.messages.where('failed').equals(1).count(),
        ]);
        return queued + failed;
      }),
    liveContacts: (listener) => live({ ...presenter.contacts, listener, report }),
    liveConversations: (listener) => live({ ...presenter.conversations, listener, report }),
    liveTimeline: (peer, span, listener) => live({ ...presenter.timeline(peer, span), listener, report }),
    liveQueued: (listener) =>
      live({ query: () => countQueued(db), present: async (count) => count, listener, report }),
    liveNotices: (peer, listener) =>
      live({ query: () => readNotices(db, peer), present: async (rows) => rows, listener, report }),
    messageIds: (peer) => guarded(() => presenter.messageIds(peer)),
    readMessages: (ids) => guarded(() => presenter.messages(ids)),
    trust: {
      compared: (peer) => guarded(async () => (await import('./trust.ts')).compared(context, peer)),
      setVerified: (peer, signing, verified) =>
        guarded(async () => (await import('./trust.ts')).setVerified(context, peer, signing, verified)),
      acceptIdentity: (peer) =>
        guarded(async () => (await import('./trust.ts')).acceptIdentity(context, peer)),
      pins: () => guarded(async () => presenter.pins(await db.contacts.toArray())),
      livePins: (listener) =>
        live({ query: () => db.contacts.toArray(), present: presenter.pins, listener, report }),
      knownRevision: () => guarded(async () => (await knownKeyring(context)).revision),
      adoptKeyring: (keyring) =>
        guarded(async () => (await import('./trust.ts')).adoptKeyring(context, keyring)),
    },
    liveEpoch: (listener) =>
      live({ query: () => epochOf(db), present: async (epoch) => epoch, listener, report }),
    liveAccountRevision: (listener) =>
      live({
        query: async () => (await readMeta(db, 'account'))?.revision ?? 0,
        present: async (revision) => revision,
        listener,
        report,
      }),

    calls: {
      device: async () => (await callStore()).device(),
      liveCalls: (listener) => later(async () => (await callStore()).liveCalls(listener)),
      liveHistory: (limit, listener) => later(async () => (await callStore()).liveHistory(limit, listener)),
      liveMissed: (listener) => later(async () => (await callStore()).liveMissed(listener)),
      markSeen: async (peer) => (await callStore()).markSeen(peer),
      sealSignal: async (peer, payload) => (await callStore()).sealSignal(peer, payload),
      openSignal: async (from, envelope) => (await callStore()).openSignal(from, envelope),
    },

    lookThrough: async () =>
      (await import('./archive.ts')).createArchive(context, presenter.text, Dexie.on.storagemutated),

    close() {
      db.close({ disableAutoOpen: true });
      presenter.clear();
    },
  };

  /** What has to do with calls is loaded when it is asked for, after what is on the screen. */
  async function callStore(): Promise<CallStore> {
    return (await import('./call-store.ts')).createCallStore(context, presenter.nameOf);
  }

  function later(begin: () => Promise<Stop>): Stop {
    let stop: Stop | null = null;
    let isOver = false;
    begin().then((begun) => {
      if (isOver) begun();
      else stop = begun;
    }, report);
    return () => {
      isOver = true;
      stop?.();
    };
  }

  async function saveDraft({ db: { drafts } }: Context, peer: UserId, text: string): Promise<void> {
    if (text === '') await drafts.delete(peer);
    else await drafts.put({ peer, sealed: await keychain.seal('drafts', peer, utf8(text)) });
  }
}

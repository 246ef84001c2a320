import Dexie from 'dexie';
import { utf8 } from '#shared/bytes.ts';
import type { UserId } from '#shared/ids.ts';
import type { Context } from './context.ts';
import { guarded } from './failures.ts';
import { readFirstRows } from './first-rows.ts';
import type { ListRows } from './list-rows.ts';
import { live as liveNow } from './live.ts';
import { epochOf, readMeta } from './meta.ts';
import type { CallStore, LocalStore, Stop } from './ports.ts';
import { createPresenter } from './present.ts';

/** What comes before everything else. */
export interface Ahead {
  /** What the first screen is made of. */
  readonly first?: Promise<ListRows>;
  /** Live reads begin when this resolves. */
  readonly calm?: Promise<void>;
}

/** The local database behind its interface. What the browser refuses becomes a Failure here. */
export function createStore(context: Context, { first, calm = Promise.resolve() }: Ahead = {}): LocalStore {
  const { db, keychain, report, inTurn } = context;
  const presenter = createPresenter(context);
  /** It is here by the time that somebody has read the first screen. */
  const rest = () => import('./after-open.ts');
  const live: typeof liveNow = (read) => liveSoon(calm, () => liveNow(read));

  return {
    // What speaks to the server comes after what is on the screen.
    lead: async () => (await import('./lead.ts')).lead(context),

    queueMessage: (peer, text, more) =>
      guarded(async () => (await rest()).queueMessage(context, peer, text, more)),
    queueFriendAction: (kind, peer, name) =>
      guarded(async () => (await rest()).queueFriendAction(context, kind, peer, name)),
    markSeen: (peer, n) => guarded(async () => (await rest()).markSeen(context, peer, n)),
    retry: (id) => guarded(async () => (await rest()).retryMessage(context, id)),
    retryAll: (peer) => guarded(async () => (await rest()).retryAllMessages(context, peer)),
    takeBack: (id) => guarded(async () => (await rest()).takeBack(context, id)),
    saveDraft: (peer, text) => guarded(() => inTurn(peer, async () => saveDraft(context, peer, text))),

    draft: (peer) => guarded(async () => presenter.draft(await db.drafts.get(peer))),
    seenUpTo: (peer) => guarded(async () => (await db.conversations.get(peer))?.mine.seen ?? 0),
    countUnsent: () =>
      guarded(async () => {
        const { countQueued } = await rest();
        const [queued, failed] = await Promise.all([
          countQueued(db),
          db.messages.where('failed').equals(1).count(),
        ]);
        return queued + failed;
      }),
    liveContacts: (listener) => live({ ...presenter.contacts, listener, report }),
    firstConversations: () =>
      guarded(async () => presenter.conversations.present(await (first ?? readFirstRows(db)))),
    liveConversations: (listener) => live({ ...presenter.conversations, listener, report }),
    liveTimeline: (peer, span, listener) => live({ ...presenter.timeline(peer, span), listener, report }),
    liveQueued: (listener) =>
      liveSoon(rest(), ({ countQueued }) =>
        live({ query: () => countQueued(db), present: async (count) => count, listener, report }),
      ),
    liveNotices: (peer, listener) =>
      liveSoon(rest(), ({ readNotices }) =>
        live({ query: () => readNotices(db, peer), present: async (rows) => rows, listener, report }),
      ),
    details: (id) => guarded(async () => (await rest()).details(context, id)),
    reports: () => guarded(async () => (await rest()).waitingReports(context)),
    changeReports: (change) => guarded(async () => (await rest()).changeReports(context, change)),
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
      knownRevision: () => guarded(async () => (await (await rest()).knownKeyring(context)).revision),
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
      liveCalls: (listener) => liveSoon(callStore(), (calls) => calls.liveCalls(listener)),
      liveHistory: (limit, listener) => liveSoon(callStore(), (calls) => calls.liveHistory(limit, listener)),
      liveMissed: (listener) => liveSoon(callStore(), (calls) => calls.liveMissed(listener)),
      markSeen: async (peer) => (await callStore()).markSeen(peer),
      sealSignal: async (peer, payload) => (await callStore()).sealSignal(peer, payload),
      openSignal: async (from, envelope) => (await callStore()).openSignal(from, envelope),
    },

    notices: async () => (await import('./news.ts')).createNoticeStore(context),
    lookThrough: async () =>
      (await import('./archive.ts')).createArchive(context, presenter.text, Dexie.on.storagemutated),

    close() {
      db.close({ disableAutoOpen: true });
      presenter.close();
    },
  };

  /** A live read with a part that is fetched first: a query itself must await nothing but the database. */
  function liveSoon<Part>(fetched: Promise<Part>, start: (part: Part) => Stop): Stop {
    let stopped = false;
    let stop: Stop = () => {};
    fetched.then((part) => {
      if (!stopped) stop = start(part);
    }, report);
    return () => {
      stopped = true;
      stop();
    };
  }

  /** What has to do with calls is loaded when it is asked for, after what is on the screen. */
  async function callStore(): Promise<CallStore> {
    return (await import('./call-store.ts')).createCallStore(context, presenter.nameOf);
  }

  async function saveDraft({ db: { drafts } }: Context, peer: UserId, text: string): Promise<void> {
    if (text === '') await drafts.delete(peer);
    else await drafts.put({ peer, sealed: await keychain.seal('drafts', peer, utf8(text)) });
  }
}

import { batch, effect } from '@preact/signals';
import type { OpId, UserId } from '#shared/ids.ts';
import type { Models } from '../models/models.ts';
import type { Route } from '../models/shell.ts';
import { unchanged } from '../models/unchanged.ts';
import type { LocalStore, Stop, StoredConversation } from '../store/ports.ts';
import { timers } from '../transport/timers.ts';
import type { Actions } from './actions.ts';
import { createDrafts } from './drafts.ts';
import type { Editing } from './editing.ts';
import { type Inside, type Room, mustBeInside } from './inside.ts';
import { keepStorage } from './keep-storage.ts';
import { load } from './load.ts';
import { createPlaces } from './places.ts';
import { createSending } from './sending.ts';
import type { Toasts } from './toasts.ts';
import { createTypingHints } from './typing-hints.ts';
import { createWindow } from './window.ts';

/** The list of conversations and the open one. */
export interface Conversation extends Room, ConversationActions {
  /** Reads what a screen holds of the list, before all else; what it gives shows it. */
  readFirst(store: LocalStore): Promise<() => void>;
  /**
   * Calls `go`, which leads to `route`. From a screen without a conversation into one, it is read first, so that it is
   * drawn once and not empty before; whatever takes longer than a moment comes afterwards.
   */
  ahead(route: Route, go: () => void): void;
  /** Resolves when the draft is on the device. */
  saveDrafts(): Promise<void>;
}

type ConversationActions = Editing &
  Pick<
    Actions,
    | 'setDraft'
    | 'send'
    | 'retry'
    | 'retryAll'
    | 'discard'
    | 'inspect'
    | 'loadEarlier'
    | 'loadLater'
    | 'jumpTo'
    | 'jumpToDay'
    | 'toNewest'
    | 'keepPlace'
    | 'fillHole'
    | 'markSeen'
    | 'typing'
  >;

interface ConversationDeps {
  readonly models: Pick<Models, 'shell' | 'timeline' | 'conversations' | 'status'>;
  readonly toasts: Toasts;
}

/** How often, and how far apart, it is tried to take a message back while a connection is being made. */
const TRIES = 5;
const TRY_AGAIN_MS = 500;
/** A tap is answered within this time, whatever the database is doing, in milliseconds. */
const AHEAD_MS = 100;
/** How soon the details of a message that waits are read again. */
const LOOK_AGAIN_MS = 1_500;

export function createConversation({ models, toasts }: ConversationDeps): Conversation {
  const { shell, timeline, conversations, status } = models;
  let inside: Inside | null = null;
  let stopRoute: Stop = () => {};
  let stopRows: Stop = () => {};
  let stopNotices: Stop = () => {};
  let stopInspecting: Stop = () => {};
  let stopGoing: Stop = () => {};
  /** Where the conversation that is opened next begins to be shown. */
  let aim: { readonly peer: UserId; readonly id: OpId } | null = null;
  let opened = false;
  let seen = 0;
  /** There was something unread when it was opened: a line goes between what was seen and what was not. */
  let divided = false;
  /** The highest number that was on the screen. Not seen yet while something before it is still on its way. */
  let shown = 0;

  const drafts = createDrafts({
    save: (peer, text) => mustBeInside(inside).store.saveDraft(peer, text),
    timers,
    report: toasts.report,
  });
  const hints = createTypingHints({
    say: (to, on) => inside?.seat.typing(to, on),
    timers,
    now: () => performance.now(),
  });

  const frame = createWindow(timeline, {
    report: toasts.report,
    came(seenUpTo) {
      if (divided) timeline.unreadAfter.value = seenUpTo;
      divided = false;
      seen = Math.max(seen, seenUpTo);
    },
    changed: keepSeen,
  });

  /** Changing what waits to be sent: the part that does is loaded when somebody does. */
  let editing: Editing | null = null;

  const sending = createSending({ timeline, frame, drafts, inside: () => inside, report: toasts.report });
  const places = createPlaces();

  const saveBeforeGoing = () => {
    if (document.visibilityState === 'hidden') void drafts.flush();
  };
  document.addEventListener('visibilitychange', saveBeforeGoing);
  window.addEventListener('pagehide', () => void drafts.flush());

  function clear(peer: UserId | null): void {
    hints.stop();
    inspect(null);
    frame.close();
    opened = false;
    seen = 0;
    divided = false;
    shown = 0;
    timeline.peer.value = peer;
    stopNotices();
    timeline.items.value = [];
    timeline.calls.value = [];
    timeline.notices.value = [];
    timeline.loaded.value = false;
    timeline.hasEarlier.value = false;
    timeline.hasLater.value = false;
    timeline.goal.value = null;
    timeline.unreadAfter.value = null;
    timeline.draft.value = '';
    timeline.draftRead.value = false;
    timeline.editing.value = null;
  }

  async function open(peer: UserId): Promise<void> {
    const { store } = mustBeInside(inside);
    clear(peer);
    const goal = aim?.peer === peer ? { id: aim.id } : places.get(peer);
    aim = null;
    opened = true;
    const unread = conversations.rows.value.find((row) => row.peer === peer)?.unread ?? 0;
    divided = unread > 0;
    if (goal === null) frame.open(store, peer, unread);
    else frame.openAround(store, peer, goal);
    stopNotices = store.liveNotices(peer, (notices) => {
      if (timeline.peer.value === peer) timeline.notices.value = notices;
    });
    let draft = '';
    try {
      await drafts.flush();
      draft = drafts.unsaved(peer) ?? (await store.draft(peer));
    } finally {
      if (inside?.store === store && timeline.peer.value === peer) timeline.draftRead.value = true;
    }
    // The person may have gone on, or out, while the database was read.
    if (inside?.store !== store || timeline.peer.value !== peer) return;
    timeline.draft.value = draft;
    const shared = shell.shared.value;
    if (shared !== null) {
      shell.shared.value = null;
      timeline.draft.value = draft === '' ? shared : `${draft}\n${shared}`;
      drafts.changed(peer, timeline.draft.value);
    }
  }

  /** Runs a write for the open conversation; what fails is shown. */
  async function attempt(task: (now: Inside, peer: UserId) => Promise<void>): Promise<boolean> {
    try {
      const peer = timeline.peer.value;
      if (peer !== null) await task(mustBeInside(inside), peer);
      return true;
    } catch (error) {
      toasts.report(error);
      return false;
    }
  }

  /** Stores what was on the screen as seen, as far as nothing before it is missing; the rest when that has come. */
  function keepSeen(): void {
    if (shown <= seen) return;
    const n = shown;
    void attempt(async ({ store }, peer) => {
      await store.markSeen(peer, n);
      const stored = await store.seenUpTo(peer);
      if (timeline.peer.value === peer) seen = Math.max(seen, stored);
    });
  }

  /** What a message said that was certainly not sent, and is gone now. */
  async function takeBack(id: OpId): Promise<string | null> {
    try {
      const { store } = mustBeInside(inside);
      // A connection that is being made may be none in a moment, or bring the answer.
      for (let tries = 0; tries < TRIES; tries++) {
        if (tries > 0) await new Promise<void>((resolve) => timers.after(TRY_AGAIN_MS, resolve));
        const taken = await store.takeBack(id);
        if (taken !== null) return taken.text;
        if ((await store.details(id))?.tick !== 'queued') return null;
      }
    } catch (error) {
      toasts.report(error);
    }
    return null;
  }

  function inspect(id: OpId | null): void {
    stopInspecting();
    stopInspecting = () => {};
    timeline.details.value = null;
    if (id === null) return;
    let asked = 0;
    let cancel = () => {};
    const read = () => {
      cancel();
      const turn = ++asked;
      void attempt(async ({ store }) => {
        const details = await store.details(id);
        if (turn !== asked) return;
        timeline.details.value = details;
        // Whether it can be taken back comes and goes with connections, which no message tells.
        if (details?.tick === 'queued') cancel = timers.after(LOOK_AGAIN_MS, read);
      });
    };
    // Its ticks rise and it may leave while it is looked at.
    const stop = effect(() => {
      void timeline.items.value;
      read();
    });
    stopInspecting = () => {
      asked = -1;
      cancel();
      stop();
    };
  }

  function fillHole(n: number): void {
    const peer = timeline.peer.value;
    if (peer !== null) inside?.seat.want(peer, n);
  }

  function list(rows: readonly StoredConversation[]): void {
    const listed = rows.map((row) => ({
      ...row,
      canWrite: row.standing === 'friends',
      blocked: row.standing === 'blocked',
    }));
    conversations.rows.value = unchanged(conversations.rows.value, listed, ({ peer }) => peer);
  }

  /** Calls `go` when the first messages of the open conversation are here, unless the person has gone elsewhere. */
  function goWhenRead(go: () => void): void {
    const from = shell.route.peek();
    const cancel = timers.after(AHEAD_MS, arrive);
    const stop = effect(() => {
      if (shell.route.value !== from) stopGoing();
      else if (timeline.loaded.value) queueMicrotask(arrive);
    });
    let gone = false;
    function arrive(): void {
      if (gone) return;
      stopGoing();
      go();
    }
    stopGoing = () => {
      gone = true;
      cancel();
      stop();
    };
  }

  /** What there is to know of a conversation before it is opened stands in the list, whose first rows come before the others. */
  const isListed = (peer: UserId | null): boolean =>
    conversations.loaded.value || conversations.rows.value.some((row) => row.peer === peer);

  return {
    ahead(route, go) {
      stopGoing();
      const peer = route.panel === 'chats' ? route.peer : null;
      const here = shell.route.peek();
      const isInOne = here.panel === 'chats' && here.peer !== null;
      if (peer === null || isInOne || inside === null || !isListed(peer)) return go();
      batch(() => void open(peer).catch(toasts.report));
      goWhenRead(go);
    },
    async readFirst(store) {
      const rows = await store.firstConversations();
      return () => list(rows);
    },
    enter(now) {
      inside = now;
      stopRows = now.store.liveConversations((rows) => {
        list(rows);
        conversations.loaded.value = true;
      });
      stopRoute = effect(() => {
        const route = shell.route.value;
        const peer = route.panel === 'chats' ? route.peer : null;
        if (!isListed(peer) || peer === timeline.peer.peek()) return;
        if (peer !== null) return void open(peer).catch(toasts.report);
        clear(null);
        void drafts.flush();
      });
    },
    leave() {
      stopGoing();
      stopRoute();
      stopRows();
      drafts.forget();
      places.forget();
      clear(null);
      inside = null;
      conversations.rows.value = [];
      conversations.loaded.value = false;
    },
    setDraft(text) {
      const peer = timeline.peer.value;
      if (peer === null) return;
      timeline.draft.value = text;
      drafts.changed(peer, text);
    },
    async saveDrafts() {
      await sending.settled();
      await drafts.flush();
    },
    async send(text) {
      const peer = timeline.peer.value;
      if (peer === null || text.trim() === '') return;
      hints.stop();
      // What one writes is followed, and it stands at the end.
      if (timeline.hasLater.value) frame.toNewest();
      if (await sending.send(peer, text)) void keepStorage(toasts.report);
    },
    async retry(id) {
      await attempt(({ store }) => store.retry(id));
    },
    async retryAll() {
      await attempt(({ store }, peer) => store.retryAll(peer));
    },
    async discard(id) {
      const gone = (await takeBack(id)) !== null;
      if (gone && timeline.editing.value?.id === id) editing?.edit(null);
      return gone;
    },
    edit(id) {
      const begin = async () => {
        const { createEditing } = await load(import('./editing.ts'));
        editing ??= createEditing({
          timeline,
          drafts,
          takeBack,
          inside: () => inside,
          report: toasts.report,
        });
        editing.edit(id);
      };
      begin().catch(toasts.report);
    },
    setEdit: (text) => editing?.setEdit(text),
    saveEdit: async () => editing?.saveEdit() ?? true,
    inspect,
    loadEarlier() {
      const first = timeline.items.value[0];
      if (first?.holeBefore === true && first.n !== null) fillHole(first.n);
      frame.loadEarlier();
    },
    loadLater: () => frame.loadLater(),
    jumpTo(peer, id) {
      if (opened && timeline.peer.value === peer) frame.openAround(mustBeInside(inside).store, peer, { id });
      else aim = { peer, id };
    },
    jumpToDay(at) {
      void attempt(async (now, peer) => {
        const isHere = () => inside === now && timeline.peer.value === peer;
        const { goToDay } = await load(import('./fetch-older.ts'));
        await goToDay({ now, link: status.link, isHere, frame, toasts }, peer, at);
      });
    },
    toNewest: () => frame.toNewest(),
    keepPlace(place) {
      const peer = timeline.peer.value;
      if (peer === null) return;
      places.keep(peer, place);
      frame.keepPlace(place);
    },
    fillHole,
    markSeen(n) {
      if (n <= shown) return;
      shown = n;
      keepSeen();
    },
    typing() {
      const peer = timeline.peer.value;
      if (peer !== null) hints.key(peer);
    },
  };
}

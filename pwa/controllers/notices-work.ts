import { batch, effect } from '@preact/signals';
import type { UserId } from '#shared/ids.ts';
import type { Models } from '../models/models.ts';
import type { NoticeLeave, Preview } from '../models/notices.ts';
import type { Route } from '../models/shell.ts';
import { noticesOf } from '../notices/decide.ts';
import { closeNotices, closeShown, showBadge, tidyNotices } from '../notices/show.ts';
import { beWoken, inTime, letSleep } from '../notices/waking.ts';
import type { NoticeChoice, NoticeStore, Stop } from '../store/ports.ts';
import type { Api } from '../transport/http.ts';
import { createPushApi } from '../transport/push-api.ts';
import { timers } from '../transport/timers.ts';
import { type Inside, mustBeInside } from './inside.ts';
import { note } from './log.ts';
import { routeAt } from './paths.ts';

/** The part that works: asks for leave, keeps the server told, and shows what comes in while nobody looks. */
export interface NoticesWork {
  enter(now: Inside): Promise<void>;
  leave(): void;
  forget(): Promise<void>;
  /** Called by a press: the browser asks for leave only then. */
  setNotices(on: boolean): Promise<void>;
  setPreview(preview: Preview): Promise<void>;
}

export interface NoticesDeps {
  readonly models: Models;
  readonly api: Api;
  readonly go: (route: Route) => void;
  readonly report: (error: unknown) => void;
}

/** While somebody looks, nothing is shown: what came in is only noted, now and then. */
const LOOKED_AT_MS = 1_000;

export function createNoticesWork({ models, api, go, report }: NoticesDeps): NoticesWork {
  const { notices, account, conversations, people, calls, shell, status } = models;
  const push = createPushApi(api);
  let inside: Inside | null = null;
  let stops: Stop[] = [];
  let looking = false;
  let again = false;
  let cancelLook: Stop | null = null;
  let telling = Promise.resolve();
  /** Whether the server has heard where to wake this device. */
  let isTold = false;

  const language = () => document.documentElement.lang;
  const choiceNow = (): NoticeChoice => ({
    wanted: notices.wanted.peek(),
    preview: notices.preview.peek(),
    language: language(),
  });
  const isShown = () => notices.wanted.peek() && notices.leave.peek() === 'given';
  /** With a lock nothing is given away on the lock screen of the device either. */
  const shownPreview = () => (account.lock.peek() === null ? notices.preview.peek() : 'nothing');

  /** The person may have said otherwise in another tab, or in the browser's own settings. */
  async function read(store: NoticeStore): Promise<NoticeChoice | null> {
    const choice = await store.choice();
    const before = notices.leave.peek();
    batch(() => {
      notices.leave.value = leaveNow();
      notices.wanted.value = choice?.wanted ?? false;
      notices.preview.value = choice?.preview ?? 'text';
    });
    if (inside !== null && before !== null && before !== leaveNow()) {
      // The browser ends the subscription with the leave.
      notices.waking.value = 'unknown';
      void tell(inside);
    }
    return choice;
  }

  /** What is under way when this tab lets go of the database fails, and nobody need hear of it. */
  async function whileInside(task: (now: Inside) => Promise<void>): Promise<void> {
    const now = mustBeInside(inside);
    try {
      await task(now);
    } catch (error) {
      if (inside === now) report(error);
    }
  }

  /** One look after the other; what changes meanwhile is looked at once more. Quietly, nothing is shown of what is found. */
  async function look(quietly = false): Promise<void> {
    if (inside === null || status.link.peek() !== 'live') return;
    again = looking;
    if (looking) return;
    looking = true;
    const isQuiet = quietly || isLookedAt();
    await whileInside((now) => lookNow(now, isQuiet));
    looking = false;
    if (again) await look();
  }

  async function lookNow(now: Inside, quietly: boolean): Promise<void> {
    const store = await now.store.notices();
    await read(store);
    if (!isShown() || inside !== now) return;
    const registration = await navigator.serviceWorker.getRegistration();
    if (registration === undefined) return;
    const news = await store.take((error) => note('news that can’t be opened', error));
    const { standing } = news;
    if (quietly) return tidyNotices(registration, standing, openNow());
    const shown = noticesOf(news, { ...choiceNow(), preview: shownPreview() });
    // Another tab may be looked at: the worker knows of all. It closes too, so as not to show meanwhile.
    registration.active?.postMessage({ type: 'NOTICES', standing, notices: shown });
  }

  function lookSoon(): void {
    if (!isLookedAt()) return void look();
    cancelLook ??= timers.after(LOOKED_AT_MS, noteSeen);
  }

  /** What came in while somebody looked, or just before they went. */
  function noteSeen(): void {
    cancelLook?.();
    cancelLook = null;
    void look(true);
  }

  function turned(): void {
    if (isLookedAt()) void look();
    else if (cancelLook !== null) noteSeen();
  }

  function openNow(): UserId | null {
    const route = shell.route.peek();
    return isLookedAt() && route.panel === 'chats' ? route.peer : null;
  }

  /** At each start: a server that was restored may have forgotten where. */
  async function keepTold(now: Inside): Promise<void> {
    if (!canBeWoken()) {
      notices.waking.value = 'no-browser';
      return;
    }
    const { pushManager } = await inTime(navigator.serviceWorker.ready);
    if (!isShown()) return letSleep(pushManager);
    const token = () => now.tokens.current();
    const waking = await beWoken({ push: pushManager, api: push, token, note });
    if (inside === now && isShown()) notices.waking.value = waking;
  }

  /** One after the other: what is under way must not subscribe again what is to sleep. */
  function inTurn(task: () => Promise<void>): Promise<void> {
    const turn = telling.then(task);
    telling = turn.catch(() => {});
    return turn;
  }

  /** What fails is tried again when the link is live again. */
  function tell(now: Inside): Promise<void> {
    isTold = false;
    return inTurn(() => keepTold(now)).then(
      () => {
        isTold = inside === now;
      },
      (error: unknown) => {
        isTold = false;
        note('the server was not told where to wake this device', error);
      },
    );
  }

  async function keep(change: Partial<NoticeChoice>): Promise<void> {
    const store = await mustBeInside(inside).store.notices();
    await store.keep({ ...choiceNow(), ...change });
    await read(store);
  }

  async function forget(): Promise<void> {
    const registration = await navigator.serviceWorker?.getRegistration();
    if (registration === undefined) return;
    await closeNotices(registration);
    if (canBeWoken()) await inTurn(() => letSleep(registration.pushManager));
  }

  async function begin(now: Inside): Promise<void> {
    const store = await now.store.notices();
    const choice = await read(store);
    if (inside !== now) return;
    if (choice !== null && choice.language !== language()) await store.keep(choiceNow());
    if (inside !== now) return;
    const leaving = new AbortController();
    const { signal } = leaving;
    document.addEventListener('visibilitychange', turned, { signal });
    // A page that goes waits for nothing any more.
    const gone = () => navigator.serviceWorker?.controller?.postMessage({ type: 'GONE' });
    window.addEventListener('pagehide', gone, { signal });
    navigator.serviceWorker?.addEventListener(
      'message',
      ({ data }: MessageEvent<{ type?: string; path?: string }>) => {
        if (data.type === 'GO') go(routeAt(data.path ?? '/'));
      },
      { signal },
    );
    stops = [
      () => leaving.abort(),
      () => {
        cancelLook?.();
        cancelLook = null;
      },
      effect(() => {
        const link = status.link.value;
        // Whoever signs in again has another sign-in, of which the server knows nothing.
        if (link === 'stopped') isTold = false;
        if (link === 'live' && !isTold) void tell(now);
      }),
      effect(() => {
        const seen = [conversations.rows, people.contactsById, calls.missed, status.link, shell.route];
        for (const { value } of seen) void value;
        lookSoon();
      }),
      effect(() => {
        if (conversations.loaded.value) showBadge(conversations.unread.value).catch(report);
      }),
    ];
  }

  return {
    enter(now) {
      inside = now;
      return whileInside(begin);
    },
    leave() {
      for (const stop of stops) stop();
      stops = [];
      inside = null;
      isTold = false;
      showBadge(0).catch(report);
      batch(() => {
        notices.wanted.value = false;
        notices.waking.value = 'unknown';
      });
    },
    forget,
    async setNotices(on) {
      const now = mustBeInside(inside);
      notices.busy.value = true;
      notices.wanted.value = on;
      try {
        // First of all: some browsers ask only in answer to the very press.
        if (on) await Notification.requestPermission();
        notices.leave.value = leaveNow();
        await keep({ wanted: on && leaveNow() === 'given' });
        if (isShown()) {
          lookSoon();
          return await tell(now);
        }
        notices.waking.value = 'unknown';
        if (on) return;
        await forget().catch((error: unknown) => note('the browser listens on', error));
        // A place that nobody listens at is forgotten by the server in any case.
        await inTurn(() => now.tokens.current().then(push.remove)).catch((error: unknown) =>
          note('the server was not told to wake nobody', error),
        );
      } finally {
        notices.busy.value = false;
      }
    },
    async setPreview(preview) {
      await keep({ preview });
      // What stands may say more than is wanted now.
      if (preview !== 'text') await closeShown();
    },
  };
}

const isLookedAt = () => document.visibilityState === 'visible';

const canBeWoken = () => 'serviceWorker' in navigator && 'PushManager' in globalThis;

function leaveNow(): NoticeLeave {
  // Only Safari on iOS knows this property; there only an installed app has notifications.
  if ('standalone' in navigator && navigator.standalone === false) return 'install';
  if (!('Notification' in globalThis) || !('serviceWorker' in navigator)) return 'missing';
  const { permission } = Notification;
  return permission === 'granted' ? 'given' : permission === 'denied' ? 'refused' : 'unasked';
}

import * as v from 'valibot';
import { type PushMessage, pushMessage } from '#shared/schema/push.ts';
import { note } from '../controllers/log.ts';
import { type Heard, type Notice, noticesOfPush } from '../notices/decide.ts';
import { showBadge, showNotices, tidyNotices } from '../notices/show.ts';
import { createNoticeStore } from '../store/news.ts';
import type { NoticeChoice } from '../store/ports.ts';
import { timers } from '../transport/timers.ts';
import { drain } from './drain.ts';
import { chosenHere, openForAWhile } from './here.ts';

declare const self: ServiceWorkerGlobalScope;

/** A person waits for none of this, but the browser's patience with a push is short. */
const LIMIT_MS = 12_000;
/** How long a hidden tab may take for the same. */
const TAB_MS = 2_000;
const LOOK_EVERY_MS = 50;

/** When something was shown last, so that a push which finds another one's work done adds nothing. */
let shownAt = -Infinity;

/**
 * The server says that something is new, and not what. Unless somebody looks at the app, which shows it then, it is
 * fetched and opened here, as in a tab, and what notification of it the person wants is shown.
 */
export async function onPush(data: PushMessageData | null): Promise<void> {
  if (await isLookedAt()) return;
  const came = performance.now();
  const fetched = await fetchNews(() => shownAt >= came);
  const chosen = await chosenHere();
  if (chosen?.wanted === false) return sleepOn(chosen);
  const choice = chosen ?? unchosen();
  const { news, outcome } = await look(fetched !== 'not at all');
  if (news !== null) await tidyNotices(self.registration, news.standing, null);
  // A tab may have been faster than the push.
  const stands = fetched === 'in a tab' && (await self.registration.getNotifications()).length > 0;
  const shown = stands || shownAt >= came;
  await show(noticesOfPush({ kind: kindOf(data), outcome, news, shown }, choice));
}

/** It was switched off, and the push service or the server has not heard of it. */
async function sleepOn(choice: NoticeChoice): Promise<void> {
  const subscription = await self.registration.pushManager.getSubscription();
  await subscription?.unsubscribe();
  await show(noticesOfPush({ kind: null, outcome: 'signed-out', news: null, shown: false }, choice));
}

async function fetchNews(isShown: () => boolean): Promise<'here' | 'in a tab' | 'not at all'> {
  try {
    if (await drain(LIMIT_MS)) return 'here';
    // A hidden tab is connected: it hears of the same, and shows it through here.
    const until = performance.now() + TAB_MS;
    while (!isShown() && performance.now() < until) {
      await new Promise<void>((resolve) => timers.after(LOOK_EVERY_MS, resolve));
    }
    return 'in a tab';
  } catch (error) {
    note('a push, and nothing could be fetched', error);
    return 'not at all';
  }
}

/** What a hidden tab wants to be shown. */
export async function showFromTab(notices: readonly Notice[]): Promise<void> {
  if (!(await isLookedAt())) await show(notices);
}

async function show(notices: readonly Notice[]): Promise<void> {
  if (notices.length > 0) shownAt = performance.now();
  await showNotices(self.registration, notices);
}

/** Whether a window of the app is on the screen. */
async function isLookedAt(): Promise<boolean> {
  const windows = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
  return windows.some(({ visibilityState }) => visibilityState === 'visible');
}

function kindOf(data: PushMessageData | null): PushMessage['kind'] | null {
  try {
    const parsed = v.safeParse(pushMessage, data?.json());
    return parsed.success ? parsed.output.kind : null;
  } catch (error) {
    note('a push that is no JSON', error);
    return null;
  }
}

/** Before anything is chosen, nothing is given away. */
const unchosen = (): NoticeChoice => ({ wanted: false, preview: 'nothing', language: navigator.language });

async function look(isFetched: boolean): Promise<Pick<Heard, 'outcome' | 'news'>> {
  const opened = await openForAWhile();
  if (opened === undefined) return { news: null, outcome: 'signed-out' };
  if (opened === 'locked') return { news: null, outcome: 'locked' };
  try {
    const news = await createNoticeStore(opened.context).take();
    await showBadge(news.standing.total);
    return { news, outcome: isFetched ? 'fetched' : 'failed' };
  } finally {
    opened.context.db.close({ disableAutoOpen: true });
  }
}

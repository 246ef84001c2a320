import * as v from 'valibot';
import { type PushMessage, pushMessage } from '#shared/schema/push.ts';
import { note } from '../controllers/log.ts';
import { type Heard, type Notice, kindOf, noticesOfPush } from '../notices/decide.ts';
import { closeRinging, showBadge, showNotices, standsAny, tidyNotices } from '../notices/show.ts';
import { letSleep } from '../notices/waking.ts';
import { loadDevice } from '../store/device.ts';
import { createNoticeStore } from '../store/news.ts';
import type { NewsStanding, NoticeChoice } from '../store/ports.ts';
import { leadLock } from '../transport/lead-lock.ts';
import { timers } from '../transport/timers.ts';
import { drain, isLeading } from './drain.ts';
import { chosenHere, openForAWhile, report } from './here.ts';

declare const self: ServiceWorkerGlobalScope;

/** A person waits for none of this, but the browser's patience with a push is short. */
const LIMIT_MS = 12_000;
/** How long a hidden tab may take for the same. */
const TAB_MS = 2_000;
const LOOK_EVERY_MS = 50;

/** When something of each kind was shown last, so that a push which finds another one's work done adds nothing. */
const shownAt = new Map<PushMessage['kind'] | null, number>();

/**
 * The server says that something is new, and not what. Unless somebody looks at the app, which shows it then, it is
 * fetched and opened here, as in a tab, and what notification of it the person wants is shown.
 */
export async function onPush(data: PushMessageData | null): Promise<void> {
  const came = performance.now();
  const push = messageOf(data);
  let choice = unchosen();
  try {
    if (await isLookedAt()) return;
    const fetched = await fetchNews(() => isShownSince(came));
    const chosen = await chosenHere();
    if (chosen?.wanted === false) return await sleepOn(chosen);
    choice = chosen ?? choice;
    const { news, outcome } = await look(fetched !== 'not at all');
    if (news !== null) await tidyNotices(self.registration, news.standing, null);
    // A tab tells of everything, and may have been faster than the push.
    const byTab = fetched === 'in a tab' && (isShownSince(came) || (await standsAny(self.registration)));
    const shown = byTab ? 'the same' : shownSince(came, push);
    await show(noticesOfPush({ push, outcome, news, shown }, choice));
  } catch (error) {
    note('a push, and what is new could not be told', error);
    // It may count as told by now.
    const shown = shownSince(came, push);
    await show(noticesOfPush({ push, outcome: 'failed', news: null, shown }, choice));
  }
}

/** A window of the app has gone. Whether it rings on, nobody knows without one. */
export async function onGone(source: string | null): Promise<void> {
  const windows = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
  if (windows.every(({ id }) => id === source)) await closeRinging(self.registration);
}

/** It was switched off, and the push service or the server has not heard of it. */
async function sleepOn(choice: NoticeChoice): Promise<void> {
  await show(noticesOfPush({ push: null, outcome: 'signed-out', news: null, shown: 'nothing' }, choice));
  await letSleep(self.registration.pushManager).catch(report);
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

/** What a hidden tab says. */
export interface FromTab {
  readonly type: 'NOTICES';
  readonly standing: NewsStanding;
  readonly notices: readonly Notice[];
}

/** Another tab may be looked at. */
export async function showFromTab({ standing, notices }: FromTab): Promise<void> {
  await tidyNotices(self.registration, standing, null);
  if (!(await isLookedAt())) await show(notices);
}

async function show(notices: readonly Notice[]): Promise<void> {
  for (const notice of notices) shownAt.set(kindOf(notice), performance.now());
  await showNotices(self.registration, notices);
}

const isShownSince = (came: number): boolean => [...shownAt.values()].some((at) => at >= came);

function shownSince(came: number, push: PushMessage | null): Heard['shown'] {
  if (push !== null && (shownAt.get(push.kind) ?? -Infinity) >= came) return 'the same';
  return isShownSince(came) ? 'something else' : 'nothing';
}

/** Whether a window on the screen shows what is new: one that is locked, or wants a password, has no tab that leads. */
async function isLookedAt(): Promise<boolean> {
  const windows = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
  if (windows.every(({ visibilityState }) => visibilityState !== 'visible')) return false;
  const { user } = await loadDevice();
  if (user === null || isLeading()) return false;
  const { held } = await navigator.locks.query();
  return held?.some(({ name }) => name === leadLock(user)) ?? false;
}

function messageOf(data: PushMessageData | null): PushMessage | null {
  try {
    const parsed = v.safeParse(pushMessage, data?.json());
    return parsed.success ? parsed.output : null;
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
    const news = await createNoticeStore(opened.context).take(report);
    await showBadge(news.standing.total);
    return { news, outcome: isFetched ? 'fetched' : 'failed' };
  } finally {
    opened.context.db.close({ disableAutoOpen: true });
  }
}

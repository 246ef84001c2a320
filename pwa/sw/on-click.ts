import { Failure } from '#shared/errors.ts';
import type { NoticeAction, NoticeData } from '../notices/decide.ts';
import { showBadge, tidyNotices } from '../notices/show.ts';
import { markSeen, queueMessage } from '../store/after-open.ts';
import { createNoticeStore } from '../store/news.ts';
import { drain } from './drain.ts';
import { openForAWhile, report } from './here.ts';
import { showApp } from './show-app.ts';

declare const self: ServiceWorkerGlobalScope;

/** What was typed into the field of a notification, which only Chromium has: TypeScript's types do not name it. */
interface ClickEvent extends NotificationEvent {
  readonly reply?: string | null;
}

/** One clicked on a notification, or on what it offers. */
export async function onClick(event: ClickEvent): Promise<void> {
  // Calls that ring were shown without data by older versions.
  const data = event.notification.data as NoticeData | null;
  const { path, peer, upTo } = data ?? { path: '/' };
  const action = event.action as NoticeAction['action'] | '';
  // A browser without a field for the answer gives none: one answers in the app then.
  const text = action === 'reply' ? (event.reply?.trim() ?? '') : '';
  if (peer === undefined || upTo === undefined || (action === 'reply' ? text === '' : action === '')) {
    return showApp(self.clients, path);
  }
  const opened = await openForAWhile();
  // Locked, or signed out, since it was shown.
  if (opened === undefined || opened === 'locked') return showApp(self.clients, path);
  const { context } = opened;
  try {
    if (text !== '') await queueMessage(context, peer, text, { keepDraft: true });
    await markSeen(context, peer, upTo);
    const { standing } = await createNoticeStore(context).take(report);
    await tidyNotices(self.registration, standing, null);
    await showBadge(standing.total);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    // Such as to somebody who is no friend any more: the app says why.
    report(error);
    return showApp(self.clients, path);
  } finally {
    context.db.close({ disableAutoOpen: true });
  }
  await drain();
}

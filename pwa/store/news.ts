import type { Bytes } from '#shared/ids.ts';
import { decodePayload } from '#shared/schema/payload.ts';
import { decodeCall } from './call-content.ts';
import { openContact, standingOf } from './contact.ts';
import type { Context } from './context.ts';
import { unreadOf } from './conversations.ts';
import type { Database } from './database.ts';
import { guarded } from './failures.ts';
import { epochOf, readMeta } from './meta.ts';
import type { NewCall, NewMessages, News, NewsStanding, NoticeChoice, NoticeStore } from './ports.ts';
import type { CallRow, ContactRow, ConversationRow, MessageRow, ToldRow } from './rows.ts';

/**
 * What is new, for notifications: of each conversation it is noted up to which message of the peer somebody was told, so
 * that tabs and worker tell everything once. What was here before the first look, or is of another history, is not new.
 */
export function createNoticeStore(context: Context): NoticeStore {
  const { db } = context;
  return {
    choice: () => guarded(() => readChoice(db)),
    keep: (choice) =>
      guarded(async () => {
        await db.meta.put({ key: 'notices', ...choice });
      }),
    take: (unreadable) => guarded(async () => open(context, await takeRows(db), unreadable)),
  };
}

/** Needs no key. */
export async function readChoice(db: Database): Promise<NoticeChoice | null> {
  const row = await readMeta(db, 'notices');
  if (row === undefined) return null;
  const { wanted, preview, language } = row;
  return { wanted, preview, language };
}

/** What is new, sealed. */
interface NewRows {
  readonly messages: readonly {
    readonly contact: ContactRow;
    readonly conversation: ConversationRow;
    readonly newest: MessageRow | undefined;
  }[];
  readonly requests: readonly ContactRow[];
  readonly calls: readonly { readonly row: CallRow; readonly contact: ContactRow }[];
  readonly standing: NewsStanding;
}

const NOTHING: NewRows = {
  messages: [],
  requests: [],
  calls: [],
  standing: { unread: [], total: 0, requests: 0, live: [], missed: [] },
};

function takeRows(db: Database): Promise<NewRows> {
  const tables = [db.meta, db.contacts, db.conversations, db.messages, db.calls];
  return db.transaction('rw', tables, async () => {
    const [told, cursor, epoch] = await Promise.all([
      readMeta(db, 'told'),
      readMeta(db, 'cursor'),
      epochOf(db),
    ]);
    // Before the first catching up has ended, everything would be new.
    if (cursor === undefined || epoch === null) return NOTHING;
    const [contacts, talks, live, missed] = await Promise.all([
      db.contacts.toArray(),
      db.conversations.toArray(),
      db.calls.where('live').equals(1).sortBy('at'),
      db.calls.where('missed').equals(1).sortBy('at'),
    ]);
    const heard = new Map(
      contacts.flatMap((row) => (standingOf(row) === 'blocked' ? [] : [[row.id, row] as const])),
    );
    const unread = talks.filter((talk) => heard.has(talk.peer) && unreadOf(talk) > 0);
    const asking = [...heard.values()].filter((row) => standingOf(row) === 'received');
    const calls = [...live, ...missed].filter((row) => heard.has(row.peer));
    const next: ToldRow = {
      key: 'told',
      epoch,
      upTo: Object.fromEntries(talks.map((talk) => [talk.peer, talk.lastInbound])),
      requests: asking.map(({ id }) => id),
      missed: missed.map(({ id }) => id),
      live: live.map(({ id }) => id),
    };
    const standing: NewsStanding = {
      unread: unread.map(({ peer }) => peer),
      total: unread.reduce((sum, talk) => sum + unreadOf(talk), 0),
      requests: asking.length,
      live: next.live,
      missed: next.missed,
    };
    if (told !== undefined && isSame(told, next)) return { ...NOTHING, standing };
    await db.meta.put(next);
    if (told?.epoch !== epoch) return { ...NOTHING, standing };

    const fresh = unread.filter(
      ({ peer, lastInbound, mine }) => lastInbound > Math.max(told.upTo[peer] ?? 0, mine.seen),
    );
    const messages = await Promise.all(
      fresh.map(async (conversation) => ({
        conversation,
        newest: await newestInbound(db, conversation),
      })),
    );
    const named = <Row extends CallRow | ConversationRow>(row: Row) => {
      const contact = heard.get(row.peer);
      return contact === undefined ? [] : [{ row, contact }];
    };
    return {
      messages: messages
        .toSorted((a, b) => (a.newest?.at ?? 0) - (b.newest?.at ?? 0))
        .flatMap(({ conversation, newest }) =>
          named(conversation).map(({ contact }) => ({ contact, conversation, newest })),
        ),
      requests: asking.filter(({ id }) => !told.requests.includes(id)),
      // One that rang, and was told, is told again when it was missed.
      calls: calls
        .filter(({ id, missed: isMissed }) => !(isMissed === 1 ? told.missed : told.live).includes(id))
        .flatMap(named),
      standing,
    };
  });
}

function isSame(told: ToldRow, now: ToldRow): boolean {
  return JSON.stringify(told) === JSON.stringify(now);
}

function newestInbound(db: Database, { peer, lastInbound }: ConversationRow) {
  return db.messages.where('[peer+pos]').equals([peer, lastInbound]).first();
}

/** By now all of it counts as told, so that what can't be opened must not take the rest along: it is told without it. */
async function open(
  { keychain }: Context,
  rows: NewRows,
  unreadable: (error: unknown) => void,
): Promise<News> {
  const unless = (error: unknown): null => {
    unreadable(error);
    return null;
  };
  const nameOf = (row: ContactRow) => openContact(keychain, row).then(({ name }) => name, unless);
  const textIn = async ({ id }: MessageRow, sealed: Bytes): Promise<string | null> => {
    const payload = decodePayload(await keychain.open('messages', id, sealed));
    return payload.ok && payload.value.body.kind === 'text' ? payload.value.body.text : null;
  };
  const textOf = async (row: MessageRow | undefined): Promise<string | null> =>
    row === undefined || row.sealed === null ? null : textIn(row, row.sealed).catch(unless);
  const contentOf = async ({ id, sealed }: CallRow) => decodeCall(await keychain.open('calls', id, sealed));
  const calls = await Promise.all(
    rows.calls.map(async ({ row, contact }): Promise<NewCall | null> => {
      const content = await contentOf(row).catch(unless);
      // It may be one of our own.
      if (content === null) return null;
      const { mine, media, status } = content;
      const state = row.missed === 1 ? 'missed' : 'rings';
      if (mine || (state === 'rings' && status !== 'ringing')) return null;
      return { id: row.id, peer: row.peer, name: await nameOf(contact), media, state };
    }),
  );
  return {
    messages: await Promise.all(
      rows.messages.map(async ({ contact, conversation, newest }): Promise<NewMessages> => ({
        peer: contact.id,
        name: await nameOf(contact),
        text: await textOf(newest),
        count: unreadOf(conversation),
        upTo: conversation.lastInbound,
      })),
    ),
    requests: await Promise.all(rows.requests.map(nameOf)),
    calls: calls.filter((call) => call !== null),
    standing: rows.standing,
  };
}

import type { ErrorCode } from '#shared/errors.ts';
import type { UserId } from '#shared/ids.ts';
import type { Route } from '../models/shell.ts';
import { ACCOUNT_STATES } from './account-states.ts';
import { CALL_STATES } from './call-states.ts';
import { conversation, conversationWithHole, detailsOf, longConversation } from './fake-messages.ts';
import { hanae, mira, noor } from './fake-people.ts';
import { HOSTILE_TEXTS, WIDE_NAME, hostileConversation } from './hostile.ts';
import { inside } from './inside.ts';
import type { Prepare } from './inside.ts';
import { SEARCH_STATES } from './search-states.ts';
import { TRUST_STATES } from './trust-states.ts';

const list: Route = { panel: 'chats', peer: null };
const talk: Route = { panel: 'chats', peer: mira };

const entering =
  (error: ErrorCode | null): Prepare =>
  (models) => {
    models.session.phase.value = error === null ? 'entering' : 'signed-out';
    models.session.stage.value = error === null ? 'opening' : null;
    models.session.error.value = error;
  };

/** What the gallery can show, by name. */
export const STATES: Readonly<Record<string, Prepare>> = {
  door: (models) => (models.session.phase.value = 'signed-out'),
  'door-error': entering('BAD_CREDENTIALS'),
  'door-entering': entering(null),
  unusable: (models) => (models.session.phase.value = 'unusable'),
  'unusable-storage': (models) => {
    models.session.phase.value = 'unusable';
    models.session.error.value = 'STORAGE_UNAVAILABLE';
  },

  list: inside(list),
  'list-empty': inside(list, (models) => (models.conversations.rows.value = [])),
  'list-hint': inside(list, (models) => (models.shell.hintsDone.value = new Set())),
  'list-hint-notices': inside(list, (models) => (models.shell.hintsDone.value = new Set(['offline']))),
  'list-hint-install': inside(list, (models) => {
    models.shell.hintsDone.value = new Set(['offline', 'notices']);
    models.shell.installing.value = 'offered';
  }),
  'list-hint-install-by-hand': inside(list, (models) => {
    models.shell.hintsDone.value = new Set(['offline', 'notices']);
    models.shell.installing.value = 'by-hand';
  }),
  'list-share': inside(list, (models) => {
    models.shell.shared.value =
      'A path along the ridge\nhttps://www.openstreetmap.org/#map=13/61.5012/8.4532';
  }),
  'list-hint-code': inside(list, (models) => (models.account.recoveryUnconfirmed.value = true)),
  'list-contrast': inside(list, (models) => (models.shell.looks.value = new Set(['contrast', 'calm']))),
  'conversation-contrast': inside(
    talk,
    (models) => (models.shell.looks.value = new Set(['contrast', 'opaque'])),
  ),
  'list-collapsed': inside(list, (models) => {
    models.shell.sidebarCollapsed.value = true;
    models.status.link.value = 'connecting';
  }),

  conversation: inside(talk),
  'conversation-typing': inside(talk, (models) => (models.people.typing.value = new Set([mira]))),
  'conversation-unread': inside(talk, (models) => {
    models.timeline.unreadAfter.value = 47;
    models.timeline.hasEarlier.value = true;
  }),
  'conversation-offline': inside(talk, (models) => {
    models.status.link.value = 'offline';
    models.status.queued.value = 3;
    models.people.online.value = new Set();
    models.timeline.items.value = conversation(Date.now(), { unsent: true });
    models.timeline.draft.value = 'Written on a mountain\nwith two lines';
  }),
  'conversation-details': inside(talk, (models) => {
    const item = models.timeline.items.value.at(-2);
    models.timeline.details.value = item === undefined ? null : detailsOf(item);
  }),
  'conversation-details-unsent': inside(talk, (models) => {
    models.status.link.value = 'offline';
    const items = conversation(Date.now(), { unsent: true });
    models.timeline.items.value = items;
    const item = items.at(-2);
    models.timeline.details.value = item === undefined ? null : detailsOf(item);
  }),
  'conversation-details-late': inside(talk, (models) => {
    models.status.link.value = 'offline';
    const items = conversation(Date.now(), { unsent: true });
    models.timeline.items.value = items;
    const item = items.at(-1);
    models.timeline.details.value = item === undefined ? null : detailsOf(item);
  }),
  'conversation-details-trying': inside(talk, (models) => {
    models.status.link.value = 'connecting';
    const items = conversation(Date.now(), { unsent: true });
    models.timeline.items.value = items;
    const item = items.at(-2);
    models.timeline.details.value = item === undefined ? null : { ...detailsOf(item), canTakeBack: false };
  }),
  'conversation-editing': inside(talk, (models) => {
    models.status.link.value = 'offline';
    models.status.queued.value = 3;
    models.people.online.value = new Set();
    const items = conversation(Date.now(), { unsent: true });
    models.timeline.items.value = items;
    const item = items.at(-2);
    models.timeline.draft.value = 'What was being written before';
    models.timeline.editing.value =
      item === undefined || item.text === null
        ? null
        : { id: item.id, was: item.text, text: `${item.text}, and the coffee`, saving: false };
  }),
  'conversation-editing-empty': inside(talk, (models) => {
    models.status.link.value = 'offline';
    const items = conversation(Date.now(), { unsent: true });
    models.timeline.items.value = items;
    const item = items.at(-3);
    const was = `${item?.text}\n${'A message that waits can be long, and its strip has one line. '.repeat(3)}`;
    models.timeline.editing.value = item === undefined ? null : { id: item.id, was, text: '', saving: false };
  }),
  'conversation-unsent': inside(talk, (models) => {
    models.timeline.items.value = conversation(Date.now(), { unsent: true }).map((item) =>
      item.tick === 'queued' ? { ...item, tick: 'failed', error: 'INTERNAL' } : item,
    );
  }),
  'conversation-catching-up': inside(talk, (models) => {
    models.status.link.value = 'catching-up';
    models.status.progress.value = { done: 1240, total: 8000 };
  }),
  'conversation-long-draft': inside(talk, (models) => (models.timeline.draft.value = 'long '.repeat(1990))),
  'conversation-hole': inside(talk, (models) => {
    models.timeline.items.value = conversationWithHole(Date.now());
  }),
  'conversation-hole-offline': inside(talk, (models) => {
    models.status.link.value = 'offline';
    models.people.online.value = new Set();
    models.timeline.items.value = conversation(Date.now()).map((item, index) => ({
      ...item,
      n: (item.n ?? 0) + (index < 9 ? 0 : 50),
      holeBefore: index === 0 || index === 9,
    }));
    models.timeline.hasEarlier.value = true;
  }),
  'conversation-unknown': inside({ panel: 'chats', peer: 'nobodyxxxxxxxxxxxxxxxx' as UserId }),
  hostile: inside(talk, (models) => {
    models.timeline.items.value = hostileConversation(Date.now());
    models.conversations.rows.value = models.conversations.rows.value.map((row, index) => ({
      ...row,
      name: row.peer === mira ? WIDE_NAME : row.name,
      lastText: HOSTILE_TEXTS[index + 2] ?? row.lastText,
      draft: '',
    }));
    const contact = models.people.contactsById.value.get(mira);
    if (contact === undefined) return;
    const named = { ...contact, name: WIDE_NAME, trust: 'verified' } as const;
    models.people.contactsById.value = new Map(models.people.contactsById.value).set(mira, named);
  }),
  'conversation-empty': inside(talk, (models) => (models.timeline.items.value = [])),
  'conversation-5000': inside(talk, (models) => {
    models.timeline.items.value = longConversation(5000, Date.now(), 5300);
    models.timeline.hasEarlier.value = true;
  }),
  'conversation-5000-unread': inside(talk, (models) => {
    models.timeline.items.value = longConversation(5000, Date.now(), 5300);
    models.timeline.unreadAfter.value = 5200;
  }),

  people: inside({ panel: 'people' }),
  'people-loading': inside({ panel: 'people' }, (models) => {
    models.people.directory.value = [];
    models.people.contactsById.value = new Map();
    models.people.directoryState.value = 'loading';
  }),
  'people-failed': inside({ panel: 'people' }, (models) => {
    models.people.directory.value = [];
    models.people.directoryState.value = 'failed';
    models.status.link.value = 'offline';
  }),
  'people-empty': inside({ panel: 'people' }, (models) => {
    models.people.directory.value = [];
    models.people.contactsById.value = new Map();
  }),
  'people-search': inside({ panel: 'people' }, (models) => {
    models.people.directory.value = [];
    models.people.searchOnly.value = true;
  }),
  requests: inside({ panel: 'requests' }),
  'requests-empty': inside({ panel: 'requests' }, (models) => (models.people.contactsById.value = new Map())),
  settings: inside({ panel: 'settings', section: null }, (models) => {
    models.shell.installing.value = 'offered';
    models.shell.storage.value = {
      used: 48_300_000,
      quota: 12_400_000_000,
      messages: 46_100_000,
      lasting: false,
    };
    models.status.queued.value = 2;
  }),
  ...ACCOUNT_STATES,
  ...TRUST_STATES,
  ...SEARCH_STATES,
  ...CALL_STATES,

  notices: inside(talk, (models) => {
    models.shell.updateReady.value = true;
    models.shell.toasts.value = [
      { id: 1, tone: 'info', says: { what: 'asks', who: [noor] } },
      { id: 2, tone: 'success', says: { what: 'accepted', who: [hanae] } },
      { id: 3, tone: 'error', says: { what: 'failure', code: 'STORAGE_FULL' } },
    ];
  }),
  'sign-in-again': inside(list, (models) => {
    models.session.needsSignIn.value = true;
    models.status.link.value = 'stopped';
  }),
};

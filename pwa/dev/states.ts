import type { ErrorCode } from '#shared/errors.ts';
import type { UserId } from '#shared/ids.ts';
import type { Route } from '../models/shell.ts';
import { ACCOUNT_STATES } from './account-states.ts';
import { CALL_STATES } from './call-states.ts';
import { conversation, conversationWithHole, longConversation } from './fake-messages.ts';
import { mira } from './fake-people.ts';
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
  starting: () => {},
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
  'conversation-catching-up': inside(talk, (models) => {
    models.status.link.value = 'catching-up';
    models.status.progress.value = { done: 1240, total: 8000 };
  }),
  'conversation-long-draft': inside(talk, (models) => (models.timeline.draft.value = 'long '.repeat(1990))),
  'conversation-closed': inside(talk, (models) => {
    models.conversations.rows.value = models.conversations.rows.value.map((row) => ({
      ...row,
      canWrite: row.peer !== mira,
    }));
  }),
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
    models.shell.installable.value = true;
    models.status.queued.value = 2;
  }),
  ...ACCOUNT_STATES,
  ...TRUST_STATES,
  ...SEARCH_STATES,
  ...CALL_STATES,

  notices: inside(talk, (models) => {
    models.shell.updateReady.value = true;
    models.shell.toasts.value = [
      { id: 1, tone: 'info', text: 'noor.haddad wants to be your friend' },
      { id: 2, tone: 'success', text: 'hanae.ito accepted your friend request' },
      { id: 3, tone: 'error', text: 'The storage is full. Free some space and try again.' },
    ];
  }),
  'sign-in-again': inside(list, (models) => {
    models.session.needsSignIn.value = true;
    models.status.link.value = 'stopped';
  }),
};

import type { Trust } from '../models/account.ts';
import type { Models } from '../models/models.ts';
import type { Contact } from '../models/people.ts';
import type { Route } from '../models/shell.ts';
import { conversation } from './fake-messages.ts';
import { mira } from './fake-people.ts';
import { inside } from './inside.ts';
import type { Prepare } from './inside.ts';

const talk: Route = { panel: 'chats', peer: mira };
const safety: Route = { panel: 'chats', peer: mira, safety: true };

const changeMira = ({ people }: Models, patch: Partial<Contact>) => {
  const contact = people.contactsById.value.get(mira);
  if (contact === undefined) return;
  people.contactsById.value = new Map(people.contactsById.value).set(mira, { ...contact, ...patch });
};
const trusted =
  (trust: Trust): Prepare =>
  (models) =>
    changeMira(models, { trust });

/** One can't write to her any more. */
const closed =
  (patch: Partial<Contact>): Prepare =>
  (models) => {
    changeMira(models, patch);
    models.conversations.rows.value = models.conversations.rows.value.map((row) =>
      row.peer === mira ? { ...row, canWrite: false } : row,
    );
  };

const changed =
  (trust: Trust): Prepare =>
  (models) => {
    trusted(trust)(models);
    models.timeline.items.value = conversation(Date.now(), { unsent: true }).filter(
      ({ tick }) => tick !== 'failed',
    );
    models.timeline.notices.value = [{ id: 1, at: Date.now() - 90_000, after: 53, kind: 'identity-changed' }];
  };

/** Safety numbers, other identities and blocked people. */
export const TRUST_STATES: Readonly<Record<string, Prepare>> = {
  safety: inside(safety),
  'safety-verified': inside(safety, trusted('verified')),
  'safety-changed': inside(safety, trusted('changed')),
  'safety-changed-verified': inside(safety, trusted('changed-verified')),
  'safety-no-keys': inside(safety, (models) => changeMira(models, { fingerprint: '' })),

  'conversation-verified': inside(talk, trusted('verified')),
  'conversation-changed': inside(talk, changed('changed')),
  'conversation-changed-verified': inside(talk, changed('changed-verified')),
  'conversation-notices': inside(talk, (models) => {
    trusted('verified')(models);
    const at = Date.now() - 60 * 60_000;
    models.timeline.notices.value = [
      { id: 1, at, after: 44, kind: 'identity-changed' },
      { id: 2, at, after: 44, kind: 'identity-accepted' },
      { id: 3, at, after: 46, kind: 'messages-missing' },
      { id: 4, at, after: 49, kind: 'unverified' },
      { id: 5, at, after: 53, kind: 'verified' },
    ];
  }),
  'conversation-notices-alone': inside(talk, (models) => {
    models.timeline.items.value = [];
    models.timeline.notices.value = [{ id: 1, at: Date.now(), after: 0, kind: 'identity-changed' }];
  }),
  'conversation-refused': inside(talk, (models) => {
    models.timeline.items.value = conversation(Date.now()).map((item) =>
      item.text === null ? { ...item, error: 'KEY_CHANGED' } : item,
    );
  }),
  'conversation-gone': inside(talk, closed({ standing: 'none', gone: true })),
  'conversation-closed': inside(talk, closed({ standing: 'none' })),
  'conversation-closed-sent': inside(talk, closed({ standing: 'sent', pending: true })),
  'conversation-closed-asks': inside(talk, closed({ standing: 'received' })),
  'conversation-blocked': inside(talk, closed({ standing: 'blocked' })),
  'conversation-blocked-pending': inside(talk, closed({ standing: 'blocked', pending: true })),
};

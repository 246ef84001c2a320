import type { UserId } from '#shared/ids.ts';
import type { Trust } from '../models/account.ts';
import type { ConversationRow } from '../models/conversations.ts';
import type { Me } from '../models/session.ts';
import type { Contact, Listed, Standing } from '../models/people.ts';

const id = (name: string) => name.replaceAll(/[^a-z]/gu, '').padEnd(22, 'x') as UserId;
const fingerprint = (seed: number) =>
  Array.from({ length: 8 }, (_, index) =>
    ((seed * 7919 + index * 104_729) % 65_536).toString(16).padStart(4, '0'),
  )
    .join(' ')
    .toUpperCase();

export const me: Me = { id: id('amara.lindqvist'), name: 'amara.lindqvist', fingerprint: fingerprint(11) };

export const mira = id('mira.okafor');

function contact(name: string, standing: Standing, pending = false, trust: Trust = 'unverified'): Contact {
  return { id: id(name), name, standing, pending, trust, fingerprint: fingerprint(name.length * 31) };
}

export const hanae = contact('hanae.ito', 'friends', false, 'verified');
export const noor = contact('noor.haddad', 'received');

export const contacts: readonly Contact[] = [
  contact('mira.okafor', 'friends'),
  contact('jonas.weber', 'friends'),
  contact('lucia.fernandez', 'friends'),
  contact('tomasz.nowak', 'friends'),
  hanae,
  contact('dev.patel', 'friends'),
  contact('ingrid.solberg', 'friends'),
  contact('yusuf.demir', 'friends'),
  noor,
  contact('piotr.zielinski', 'received'),
  contact('sofia.rossi', 'sent'),
  contact('wei.chen', 'sent', true),
  { ...contact('ulf.gone', 'none'), gone: true },
  contact('victor.lang', 'blocked'),
  contact('xenia.moss', 'blocked', true),
];

export const directory: readonly Listed[] = [
  ...contacts.map(({ id: userId, name }) => ({ id: userId, name, online: name === 'noor.haddad' })),
  ...[
    'abel.tesfaye',
    'clara.dubois',
    'elif.kaya',
    'freya',
    'george-bailey',
    'maximiliane.von-hohenberg-r',
  ].map((name) => ({
    id: id(name),
    name,
    online: name === 'elif.kaya',
  })),
];

export const online: ReadonlySet<UserId> = new Set([mira, id('hanae.ito'), id('jonas.weber')]);

/** The list as of `now`, in milliseconds since 1970. */
export function conversationRows(now: number): readonly ConversationRow[] {
  const minute = 60_000;
  const day = 86_400_000;
  const row = (
    name: string,
    lastText: string,
    ago: number,
    more: Partial<ConversationRow> = {},
  ): ConversationRow => ({
    peer: id(name),
    name,
    lastText,
    lastAt: now - ago,
    lastTick: null,
    lastCall: null,
    unread: 0,
    draft: '',
    canWrite: true,
    blocked: false,
    trust: 'unverified',
    ...more,
  });
  return [
    row('mira.okafor', 'The view from the ridge was worth every step', 2 * minute, { lastTick: 'seen' }),
    row('hanae.ito', 'Are we still on for Thursday?', 11 * minute, { unread: 3 }),
    row('jonas.weber', 'typing', 34 * minute),
    row('lucia.fernandez', 'See you there', 3 * 60 * minute, { draft: 'I could bring the big tent if' }),
    row('tomasz.nowak', 'Sent you the draft of chapter four', 5 * 60 * minute, { lastTick: 'delivered' }),
    row('dev.patel', 'The train leaves at 07:40 from platform 9', day, { lastTick: 'queued' }),
    row('ingrid.solberg', 'Takk for i går!', 3 * day, { unread: 128 }),
    row('yusuf.demir', 'مرحبا! كيف كانت الرحلة؟', 40 * day, { lastTick: 'sent' }),
  ];
}

import { equalBytes } from '#shared/bytes.ts';
import { openEnvelope, sealEnvelope } from '#shared/crypto/envelope.ts';
import { Failure } from '#shared/errors.ts';
import type { Bytes, UserId } from '#shared/ids.ts';
import { ENVELOPE_TYPE, parseEnvelope } from '#shared/schema/envelope.ts';
import { callOf, decodeCall } from './call-content.ts';
import { openContact, standingOf } from './contact.ts';
import { pinnedSigning, sealingBundles, signingOf } from './contacts.ts';
import type { ContactContent } from './contents.ts';
import type { Context } from './context.ts';
import { guarded } from './failures.ts';
import { readInstallation } from './installation.ts';
import { live } from './live.ts';
import { newOpId } from './op-id.ts';
import { callLane, encodeOperation } from './outbox.ts';
import type { CallStore, StoredCall } from './ports.ts';
import type { CallRow, ContactRow, OutboxRow } from './rows.ts';

/** Calls, as they are shown and as two devices speak in one. Loaded when there is something to show or to say. */

/** What a contact is called. */
export type NameOf = (contact: ContactRow) => Promise<string>;

export function createCallStore(context: Context, nameOf: NameOf): CallStore {
  const { db, report } = context;
  const withContacts = async (rows: readonly CallRow[]) => {
    const peers = [...new Set(rows.map(({ peer }) => peer))];
    return { rows, contacts: await db.contacts.bulkGet(peers) };
  };
  const present = ({ rows, contacts }: Awaited<ReturnType<typeof withContacts>>) =>
    showCalls(context, rows, contacts, nameOf);

  return {
    device: () => guarded(async () => (await readInstallation(db)).device),
    liveCalls: (listener) =>
      live({
        query: async () => withContacts(await db.calls.where('live').equals(1).sortBy('at')),
        present,
        listener,
        report,
      }),
    liveHistory: (limit, listener) =>
      live({
        query: async () => {
          // oxlint-disable-next-line unicorn/no-array-reverse -- a query, not an array
          return withContacts(await db.calls.orderBy('at').reverse().limit(limit).toArray());
        },
        present,
        listener,
        report,
      }),
    liveMissed: (listener) =>
      live({
        query: () => db.calls.where('missed').equals(1).count(),
        present: async (count) => count,
        listener,
        report,
      }),
    markSeen: (peer) => guarded(() => markSeen(context, peer)),
    sealSignal: (peer, payload) => guarded(() => sealSignal(context, peer, payload)),
    openSignal: (from, envelope) => guarded(() => openSignal(context, from, envelope)),
  };
}

/** Calls as people see them. */
export async function showCalls(
  { keychain, self }: Pick<Context, 'keychain' | 'self'>,
  rows: readonly CallRow[],
  contacts: readonly (ContactRow | undefined)[],
  nameOf: NameOf,
): Promise<StoredCall[]> {
  const known = contacts.flatMap((row) => row ?? []);
  const names = new Map(await Promise.all(known.map(async (row) => [row.id, await nameOf(row)] as const)));
  return Promise.all(
    rows.map(async (row): Promise<StoredCall> => {
      const content = decodeCall(await keychain.open('calls', row.id, row.sealed));
      const { id, peer } = row;
      return { ...callOf(row, content, self), id, peer, name: names.get(peer) ?? '', mine: content.mine };
    }),
  );
}

/** The marks are gone with the same transaction that queues what the server and our other devices hear of it. */
async function markSeen({ db, now }: Context, peer: UserId | null): Promise<void> {
  await db.transaction('rw', db.calls, db.outbox, async () => {
    const missed = await db.calls.where('missed').equals(1).toArray();
    const rows = missed.filter((row) => peer === null || row.peer === peer);
    await db.calls.bulkPut(rows.map(({ missed: _, ...row }) => row));
    await db.outbox.bulkAdd(
      rows.map(({ id: call, peer: to }): OutboxRow => {
        const id = newOpId(now());
        const op = encodeOperation({ id, kind: 'call.see', to, call });
        return { id, kind: 'call.see', lane: callLane(to), peer: to, op };
      }),
    );
  });
}

async function sealSignal(context: Context, peer: UserId, payload: Bytes): Promise<Bytes> {
  const { keychain, now } = context;
  const [root] = await keychain.roots(peer, sealingBundles(await callable(context, peer)));
  if (root === undefined) throw new Failure('KEY_CHANGED', 'contact');
  const time = now();
  return sealEnvelope({ root, type: ENVELOPE_TYPE.call, id: newOpId(time), time, payload });
}

/** A call is now: only the identity that is pinned now may speak in it, with any of its keys. */
async function openSignal(context: Context, from: UserId, envelope: Bytes): Promise<Bytes> {
  const { keychain, self } = context;
  const content = await callable(context, from);
  const pinned = pinnedSigning(content);
  const bundles = content.bundles.filter(
    (bundle) => pinned !== null && equalBytes(signingOf(bundle), pinned),
  );
  const header = parseEnvelope(envelope);
  if (!header.ok) throw new Failure(header.error, 'signal');
  const { id, type } = header.value;
  if (type !== ENVELOPE_TYPE.call) throw new Failure('ENVELOPE_MISMATCH', 'type');
  const trusted = await keychain.roots(from, bundles);
  const opened = await openEnvelope({ envelope, from, to: self, id, trusted });
  if (!opened.ok) throw new Failure(opened.error, 'signal');
  return opened.value.payload;
}

/** Friends, and it is not in question who they are. */
async function callable({ db, keychain }: Context, peer: UserId): Promise<ContactContent> {
  const contact = await db.contacts.get(peer);
  if (contact === undefined || standingOf(contact) !== 'friends') throw new Failure('NOT_FRIENDS');
  if (contact.changed === 1) throw new Failure('KEY_CHANGED', 'contact');
  return openContact(keychain, contact);
}

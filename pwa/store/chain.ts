import { equalBytes } from '#shared/bytes.ts';
import type { Bytes, DeviceId, UserId } from '#shared/ids.ts';
import { FIRST_PREV } from '#shared/schema/payload.ts';
import type { Context } from './context.ts';
import { emptyConversation } from './conversations.ts';
import type { Database } from './database.ts';
import { addNotice } from './notices.ts';
import { isHeld } from './numbers.ts';
import type { ChainRow } from './rows.ts';

/**
 * Every payload names the one before it from the same device by counter and hash. A server that drops, reorders or
 * repeats messages breaks these chains, and the conversation says so.
 */

/** A message of a contact that was opened for the first time. */
export interface ChainLink {
  readonly peer: UserId;
  readonly device: DeviceId;
  readonly n: number;
  readonly counter: number;
  readonly prev: Bytes;
  /** SHA-256 of the payload. */
  readonly hash: Bytes;
}

/** What the newly opened messages of one device come to. */
export interface PreparedChain {
  readonly peer: UserId;
  readonly device: DeviceId;
  /** Null when nothing newer came. */
  readonly row: ChainRow | null;
  /** What it was prepared from; null for a new chain. */
  readonly from: ChainRow | null;
  readonly doubts: readonly Doubt[];
}

/**
 * A link that does not follow the one before it. One that is certain breaks the chain whatever lies between; else
 * something is missing only if nothing between both numbers is still to come or to be opened.
 */
interface Doubt {
  readonly n: number;
  /** The number of the link before; 0 for none, null when it is not known in this epoch. */
  readonly after: number | null;
  readonly certain: boolean;
}

/** What is looked into of one device in one batch. */
const MOST_DOUBTS = 8;

export async function prepareChains(
  { db, keychain }: Context,
  links: readonly ChainLink[],
): Promise<PreparedChain[]> {
  const linksByName = new Map<string, [ChainLink, ...ChainLink[]]>();
  for (const link of links.toSorted((a, b) => a.n - b.n)) {
    const before = linksByName.get(nameOf(link));
    if (before === undefined) linksByName.set(nameOf(link), [link]);
    else before.push(link);
  }
  return Promise.all(
    [...linksByName].map(async ([name, inOrder]): Promise<PreparedChain> => {
      const [{ peer, device }] = inOrder;
      const from = (await db.chains.get([peer, device])) ?? null;
      let end: End | null = from && { ...from, hash: await keychain.open('chains', name, from.sealed) };
      let newest: ChainLink | null = null;
      const doubts: Doubt[] = [];
      for (const link of inOrder) {
        const doubt = doubtOf(end, link);
        if (doubt !== null) doubts.push(doubt);
        if (end === null || link.counter > end.counter) end = newest = link;
      }
      if (newest === null) return { peer, device, row: null, from, doubts };
      const { counter, n, hash } = newest;
      const sealed = await keychain.seal('chains', name, hash);
      return { peer, device, row: { peer, device, counter, n, sealed }, from, doubts };
    }),
  );
}

type End = Pick<ChainLink, 'counter' | 'hash'> & { readonly n: number | null };

/** The sealed hash is bound to this. */
const nameOf = ({ peer, device }: Pick<ChainLink, 'peer' | 'device'>) => `${peer} ${device}`;

function doubtOf(end: End | null, { n, counter, prev }: ChainLink): Doubt | null {
  if (end === null) {
    if (counter === 1) return equalBytes(prev, FIRST_PREV) ? null : { n, after: 0, certain: true };
    return { n, after: 0, certain: false };
  }
  const after = end.n;
  if (counter === end.counter + 1) return equalBytes(prev, end.hash) ? null : { n, after, certain: true };
  if (counter > end.counter) return { n, after, certain: false };
  // Older ones come when holes are filled; one with a higher number was held back, or was sent twice.
  return after !== null && n > after ? { n, after, certain: true } : null;
}

/** Inside a transaction, before it writes: whether another tab has stored messages of these devices meanwhile. */
export async function hasRaced(db: Database, chains: readonly PreparedChain[]): Promise<boolean> {
  const present = await db.chains.bulkGet(
    chains.map(({ peer, device }): [UserId, DeviceId] => [peer, device]),
  );
  return chains.some(({ from }, index) => {
    const now = present[index] ?? null;
    return now?.counter !== from?.counter || now?.n !== from?.n;
  });
}

/** Inside the transaction that has stored the messages. */
export async function mergeChains({ db, now }: Context, chains: readonly PreparedChain[]): Promise<void> {
  await db.chains.bulkPut(chains.flatMap(({ row }) => row ?? []));
  for (const { peer, doubts } of chains) {
    // A chain that is broken everywhere is said often enough in a few places.
    for (const doubt of doubts.slice(0, MOST_DOUBTS)) {
      if (!doubt.certain && !(await isMissing(db, peer, doubt))) continue;
      await addNotice(db, peer, 'messages-missing', now(), doubt.n - 1);
    }
  }
}

/** Whether everything between both numbers is here and open, so that what should stand there was never handed over. */
async function isMissing(db: Database, peer: UserId, { n, after }: Doubt): Promise<boolean> {
  if (after === null) return false;
  const { held } = (await db.conversations.get(peer)) ?? emptyConversation(peer);
  if (n - after > 1 && !isHeld(held, after + 1, n - 1)) return false;
  const between = db.messages.where('[peer+pos]').between([peer, after], [peer, n], false, false);
  return (await between.filter(({ state }) => state === 'unreadable').count()) === 0;
}

/** Inside a transaction: the numbers of another epoch stand for nothing. */
export async function forgetChainNumbers(db: Database): Promise<void> {
  await db.chains.toCollection().modify({ n: null });
}

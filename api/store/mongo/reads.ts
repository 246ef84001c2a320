import { Failure } from '#shared/errors.ts';
import { type PairId, type UserId, pairOf, peerIn } from '#shared/ids.ts';
import { type PageLimits, type SyncStore, callFor, standingFor } from '#sync/server/ports.ts';
import type { Entry, Page } from '#sync/wire/down.ts';
import type { Cursor } from '#sync/wire/up.ts';
import { placeOf, selectRows } from '../page.ts';
import { type ContactRow, buildPart } from '../snapshot.ts';
import { CALL_BYTES, rangeFrom, rangeOf } from '../calls.ts';
import { type Calls, callKey } from './calls.ts';
import type { Collections, LogDoc, PairDoc, UserDoc } from './collections.ts';
import { untilDone } from './errors.ts';
import { marksFor, relationOf } from './friendships.ts';
import type { Logs } from './logs.ts';
import { type Messages, messageOf } from './messages.ts';
import { plain } from './values.ts';

export interface ReadsDeps {
  readonly collections: Pick<Collections, 'users' | 'friendships'>;
  readonly logs: Logs;
  readonly messages: Messages;
  readonly calls: Calls;
  readonly epoch: string;
}

/** Contacts whose messages are read at the same time. */
const CONTACTS_AT_ONCE = 8;

/** What devices read: their log, how everything stands, and older messages. Each by ranges of an index. */
export function createReads({
  collections: { users, friendships },
  logs,
  messages,
  calls,
  epoch,
}: ReadsDeps): Pick<SyncStore, 'read' | 'snapshot' | 'history'> {
  async function peopleOf(ids: readonly UserId[]): Promise<Map<UserId, Pick<UserDoc, 'name' | 'bundle'>>> {
    if (ids.length === 0) return new Map();
    const found = await users
      .find({ _id: { $in: [...ids] } }, { projection: { name: 1, bundle: 1 } })
      .toArray();
    return new Map(found.map((doc) => [doc._id, doc]));
  }

  async function pairsOf(ids: readonly PairId[]): Promise<Map<PairId, PairDoc>> {
    if (ids.length === 0) return new Map();
    const found = await friendships.find({ _id: { $in: [...ids] } }).toArray();
    return new Map(found.map((doc) => [doc._id, doc]));
  }

  type Named = Pick<UserDoc, 'name' | 'bundle'> | undefined;
  function contactOf(doc: PairDoc, reader: UserId, person: Named): ContactRow['contact'] {
    const peer = peerIn(doc._id, reader);
    if (!person) throw new Error('a friendship refers to a user who is missing');
    const standing = standingFor(relationOf(doc), reader);
    const { name, bundle } = person;
    return { kind: 'friend', time: doc.time, peer, name, standing, bundle: plain(bundle) };
  }

  /** What the entries refer to, as it stands now. */
  async function resolve(chosen: readonly LogDoc[], reader: UserId): Promise<Entry[]> {
    const numbersByPair = new Map<PairId, number[]>();
    const pairIds = new Set<PairId>();
    const callIds: string[] = [];
    for (const { kind, peer, call, at } of chosen) {
      const pair = pairOf(reader, peer);
      if (kind === 'message') numbersByPair.set(pair, [...(numbersByPair.get(pair) ?? []), at]);
      else if (call) callIds.push(callKey(pair, call));
      else if (kind !== 'account') pairIds.add(pair);
    }
    const peers = new Set(
      chosen.filter(({ kind }) => kind === 'friend' || kind === 'keys').map(({ peer }) => peer),
    );
    const [sent, called, pairs, people] = await Promise.all([
      messages.at(numbersByPair),
      calls.at(callIds),
      pairsOf([...pairIds]),
      peopleOf([...peers]),
    ]);
    const messageByPlace = new Map(sent.map((doc) => [`${doc.pair} ${doc.n}`, doc]));
    return chosen.map((logged): Entry => {
      const { kind, seq, time, peer, call, at } = logged;
      const pair = pairOf(reader, peer);
      if (kind === 'account') return { kind, seq, time, revision: at };
      if (kind === 'message') {
        const doc = messageByPlace.get(`${pair} ${at}`);
        if (!doc) throw new Error(`log entry ${seq} refers to a message that is missing`);
        return { kind, seq, ...messageOf(doc) };
      }
      if (kind === 'call') {
        const found = call && called.get(callKey(pair, call));
        if (!found) throw new Error(`log entry ${seq} refers to a call that is missing`);
        return { kind, seq, time, ...callFor(found, reader) };
      }
      const doc = pairs.get(pair);
      if (!doc) throw new Error(`log entry ${seq} refers to a pair that is missing`);
      if (kind === 'receipt') return { kind, seq, time, peer, ...marksFor(doc, reader) };
      return { seq, ...contactOf(doc, reader, people.get(peer)), time };
    });
  }

  async function contactRows(docs: readonly PairDoc[], reader: UserId, limits: PartLimits) {
    const people = await peopleOf(docs.map(({ _id }) => peerIn(_id, reader)));
    return Promise.all(
      docs.map(async (doc): Promise<ContactRow | undefined> => {
        const peer = peerIn(doc._id, reader);
        const head = doc.talked ? await messages.head(doc._id) : 0;
        const { state, blockedBy } = doc;
        const fitting = { entries: limits.messages, bytes: limits.bytes };
        const newest = head === 0 ? [] : await messages.below(doc._id, head + 1, fitting);
        const called = doc.talked ? await calls.newestAndLive(doc._id, rangeOf(newest), reader) : [];
        // A conversation that was about to begin when a server stopped.
        if (head === 0 && called.length === 0 && state === 'none' && !blockedBy.includes(reader))
          return undefined;
        return {
          pair: doc._id,
          contact: contactOf(doc, reader, people.get(peer)),
          conversation: { peer, head, ...marksFor(doc, reader) },
          newest: (limit) => newest.slice(-limit).toReversed(),
          calls: () => called,
        };
      }),
    );
  }
  type PartLimits = Parameters<SyncStore['snapshot']>[2];

  /** As many rows as a part may need, and one more. */
  async function rowsBehind(place: string, reader: UserId, limits: PartLimits): Promise<ContactRow[]> {
    const rows: ContactRow[] = [];
    const contacts = friendships
      .find({
        members: { $eq: reader },
        _id: { $gt: place as PairId },
        $or: [{ state: { $ne: 'none' } }, { talked: { $eq: true } }, { blockedBy: { $eq: reader } }],
      })
      .sort({ _id: 1 })
      .batchSize(limits.pairs + 1);
    let bytes = 0;
    let step: PairDoc[] = [];
    const take = async (): Promise<boolean> => {
      for (const row of await contactRows(step, reader, limits)) {
        if (!row) continue;
        rows.push(row);
        const sent = [...row.newest(limits.messages)];
        bytes += row.calls(rangeOf(sent)).length * CALL_BYTES;
        for (const { envelope } of sent) bytes += envelope.byteLength;
      }
      step = [];
      return rows.length > limits.pairs || bytes > limits.bytes;
    };
    for await (const doc of contacts) {
      step.push(doc);
      if (step.length === CONTACTS_AT_ONCE && (await take())) return rows;
    }
    await take();
    return rows;
  }

  /** Undefined when a truncation was under way at the start of the log. */
  async function readOnce(
    user: UserId,
    cursor: Cursor | null,
    limits: PageLimits,
  ): Promise<Page | 'resync' | undefined> {
    const place = placeOf(cursor, epoch);
    if (place === 'resync') return 'resync';
    const floor = place === 'start' ? await logs.floor(user) : 0;
    if (cursor && floor > 0) return 'resync';
    const start = place === 'start' ? floor + 1 : place;
    const docs = await logs.from(user, start, limits.entries + 2);
    const whole = docs.every(({ seq }, at) => seq === start + at);
    if (!whole && !cursor) return undefined;
    const rows = docs.map((logged) => ({ ...logged, subject: subjectOf(logged) }));
    const selection = whole ? selectRows(rows, cursor, limits) : 'resync';
    if (selection === 'resync') {
      // A database that was replaced a moment ago may not know it yet, and lack what its successor has.
      const outdated = docs[0]?.seq !== start && (await logs.surelyHas(user, start));
      if (outdated) throw new Failure('UNAVAILABLE', 'a read was out of date');
      return 'resync';
    }
    const { from, to, tag, complete } = selection;
    const entries = await resolve(selection.rows, user);
    return { from, to, tag, head: complete ? to : await logs.head(user), entries };
  }

  return {
    read: (user, cursor, limits) => untilDone(() => readOnce(user, cursor, limits)),
    async snapshot(user, after, limits) {
      const position = after ?? (await logs.last(user)) ?? { seq: 0, tag: 0 };
      const found = await users.findOne({ _id: { $eq: user } }, { projection: { 'account.revision': 1 } });
      const revision = found?.account?.revision ?? 0;
      const rows = await rowsBehind(after?.pair ?? '', user, limits);
      return buildPart(rows, position, revision, after === null, limits);
    },
    async history(user, peer, before, limits) {
      const pair = pairOf(user, peer);
      const found = await messages.below(pair, before, limits);
      const from = before - found.length;
      return {
        peer,
        from,
        before,
        messages: found,
        calls: await calls.newest(pair, rangeFrom(from, before), user),
      };
    },
  };
}

/** Entries with one subject are one entry of a page. */
function subjectOf({ kind, peer, call, at }: LogDoc): string {
  if (call) return `call ${peer} ${call}`;
  if (kind === 'message') return `message ${peer} ${at}`;
  // Each keyring takes the place of the one before.
  if (kind === 'account') return kind;
  return `${kind === 'keys' ? 'friend' : kind} ${peer}`;
}

import { isLive } from '#shared/call.ts';
import { type PairId, type UserId, membersOf } from '#shared/ids.ts';
import type { ArchiveRecord, RecordOf } from './archive.ts';

/** More findings of one sort than these are only counted. */
const SHOWN = 5;
/** Milliseconds in which the server ends every call that nobody is in, many times over. */
const CALL_FORGOTTEN = 86_400_000;

interface Log {
  readonly name: string;
  readonly floor: number;
  readonly deleted: boolean;
  /** Position of the last entry seen. */
  at: number;
}
interface Conversation {
  /** Number of the last message seen. */
  head: number;
  /** Which of the messages each member's log has, a bit a message, in the order of the pair. */
  logged: [Uint8Array, Uint8Array] | null;
}

export interface Audit {
  add(record: ArchiveRecord): void;
  /** After the last record: what can't be so, in plain sentences. */
  findings(): string[];
}

/**
 * Looks at everything that a store keeps, in the order of an archive, for what every log, conversation and friendship
 * must be if the promises of sync/SPEC.md are to hold. Keeps a few numbers for each user and conversation, the
 * names of calls, and two bits for each message.
 */
export function createAudit(): Audit {
  const findings = createFindings();
  const { find } = findings;
  const logs = new Map<UserId, Log>();
  const conversations = new Map<PairId, Conversation>();
  const pairs = new Map<PairId, RecordOf<'pair'>>();
  const calls = new Set<string>();
  /** Pairs that are in a call, with the time at which somebody in it was heard of last. */
  const callers = new Map<PairId, number>();
  const kept = new Map<UserId, number>();
  const acknowledged = new Map<UserId, number>();
  let histories = 0;
  /** The newest time at which anything happened. */
  let latest = 0;
  const nameOf = (user: UserId): string => logs.get(user)?.name ?? user;
  const between = (pair: PairId): string => membersOf(pair).map(nameOf).join(' and ');
  const bump = (counts: Map<UserId, number>, user: UserId): void =>
    void counts.set(user, (counts.get(user) ?? 0) + 1);

  function knowUser(what: string, user: UserId): void {
    if (!logs.has(user)) find('stranger', `A ${what} belongs to ${user}, who is no user.`);
  }

  function addMessage({ pair, n, from }: RecordOf<'message'>): void {
    const conversation = conversations.get(pair) ?? { head: 0, logged: null };
    conversations.set(pair, conversation);
    if (!pairs.has(pair)) find('pairless', `Messages of ${between(pair)} belong to no pair.`);
    if (!membersOf(pair).includes(from)) {
      find('sender', `Message ${n} between ${between(pair)} is from ${nameOf(from)}, who is neither.`);
    }
    if (n !== conversation.head + 1) {
      find(
        'numbers',
        `Between ${between(pair)} message ${n} follows message ${conversation.head}: numbers must have no gap.`,
      );
    }
    conversation.head = n;
    bump(kept, from);
  }

  function addCall({ pair, id, caller, after, ...call }: RecordOf<'call'>): void {
    calls.add(`${pair} ${id}`);
    const head = conversations.get(pair)?.head ?? 0;
    if (!pairs.has(pair)) find('pairless', `Calls of ${between(pair)} belong to no pair.`);
    if (!membersOf(pair).includes(caller)) {
      find('caller', `A call between ${between(pair)} is from ${nameOf(caller)}, who is neither.`);
    }
    if (after > head) {
      find('after', `A call between ${between(pair)} stands behind message ${after}, and there are ${head}.`);
    }
    latest = Math.max(latest, call.startedAt, call.keptAt);
    if (!isLive(call)) return;
    if (callers.has(pair)) find('live', `${between(pair)} are in two calls with each other.`);
    callers.set(pair, call.status === 'ringing' ? call.startedAt : call.keptAt);
  }

  function addEntry({ user, seq, time, subject }: RecordOf<'entry'>): void {
    const log = logs.get(user);
    if (!log) return knowUser('log entry', user);
    if (seq <= log.floor) return;
    if (seq !== log.at + 1) {
      find(
        'positions',
        `In the log of ${log.name} position ${seq} follows ${log.at}: positions must have no gap.`,
      );
    }
    log.at = seq;
    latest = Math.max(latest, time);
    if (subject.of === 'account') return;
    const side = membersOf(subject.pair).indexOf(user);
    if (side === -1 || !pairs.has(subject.pair)) {
      find('reference', `Entry ${seq} in the log of ${log.name} refers to a pair that is not theirs.`);
      return;
    }
    if (subject.of === 'call' && !calls.has(`${subject.pair} ${subject.call}`)) {
      find('call', `Entry ${seq} in the log of ${log.name} refers to a call that is missing.`);
    }
    if (subject.of !== 'message') return;
    const conversation = conversations.get(subject.pair);
    if (!conversation || subject.n < 1 || subject.n > conversation.head) {
      find('message', `Entry ${seq} in the log of ${log.name} refers to a message that is missing.`);
      return;
    }
    conversation.logged ??= [bitsFor(conversation.head), bitsFor(conversation.head)];
    setBit(conversation.logged[side === 0 ? 0 : 1], subject.n);
  }

  function addPair(record: RecordOf<'pair'>): void {
    for (const user of membersOf(record.pair)) knowUser('pair', user);
    pairs.set(record.pair, record);
    const members = membersOf(record.pair);
    const odd = [...record.blockedBy, ...(record.by === null ? [] : [record.by])];
    if (odd.some((user) => !members.includes(user))) {
      find('relation', `The friendship of ${between(record.pair)} names somebody else.`);
    }
  }

  function add(record: ArchiveRecord): void {
    switch (record.kind) {
      case 'history':
        histories += 1;
        break;
      case 'user': {
        const { floor, username } = record;
        logs.set(record.user, { name: username, floor, deleted: record.account === null, at: floor });
        break;
      }
      case 'pair':
        addPair(record);
        break;
      case 'message':
        addMessage(record);
        break;
      case 'call':
        addCall(record);
        break;
      case 'entry':
        addEntry(record);
        break;
      case 'operation':
        knowUser('operation', record.user);
        if (record.code === null && record.n !== null) bump(acknowledged, record.user);
        break;
      case 'session':
      case 'installation':
        knowUser(record.kind === 'session' ? 'sign-in' : 'device', record.user);
        break;
      case 'report':
        for (const user of [record.from, record.about]) knowUser('report', user);
        break;
    }
  }

  function conclude(): string[] {
    if (histories !== 1)
      find('history', `There must be one name for the history of logs, and there are ${histories}.`);
    for (const log of logs.values()) {
      if (log.floor > 0 && log.at === log.floor && !log.deleted) {
        find('last', `The log of ${log.name} was forgotten to its end: its last entry must stay.`);
      }
    }
    for (const [pair, { head, logged }] of conversations) {
      membersOf(pair).forEach((user, side) => {
        const log = logs.get(user);
        if (!log || log.deleted) return;
        const bits = logged?.[side === 0 ? 0 : 1] ?? bitsFor(head);
        // What was forgotten is at the beginning, and there is no beginning missing in a log that was never cut.
        let n = 1;
        while (log.floor > 0 && n <= head && !hasBit(bits, n)) n += 1;
        while (n <= head && hasBit(bits, n)) n += 1;
        if (n <= head) find('logged', `The log of ${log.name} lacks message ${n} of ${between(pair)}.`);
      });
    }
    for (const [pair, { low, high }] of pairs) {
      const head = conversations.get(pair)?.head ?? 0;
      if ([low, high].some(({ delivered, seen }) => seen > delivered || delivered > head)) {
        find(
          'marks',
          `What ${between(pair)} have received or seen is more than the ${head} messages there are.`,
        );
      }
    }
    for (const [pair, heard] of callers) {
      if (latest - heard > CALL_FORGOTTEN) {
        find(
          'forgotten',
          `A call of ${between(pair)} has not ended, and nobody was heard of in it for a day.`,
        );
      }
    }
    for (const [user, count] of acknowledged) {
      const found = kept.get(user) ?? 0;
      if (count > found) {
        find('acknowledged', `${nameOf(user)} was told that ${count} messages are safe; ${found} are there.`);
      }
    }
    return findings.sentences();
  }

  return { add, findings: conclude };
}

const bitsFor = (messages: number): Uint8Array => new Uint8Array((messages >>> 3) + 1);
const hasBit = (bits: Uint8Array, at: number): boolean => ((bits[at >>> 3] ?? 0) & (1 << (at & 7))) !== 0;
function setBit(bits: Uint8Array, at: number): void {
  bits[at >>> 3] = (bits[at >>> 3] ?? 0) | (1 << (at & 7));
}

/** Collects sentences; of each sort the first few, and how many more there are. */
function createFindings() {
  const bySort = new Map<string, string[]>();
  return {
    find(sort: string, sentence: string): void {
      bySort.set(sort, [...(bySort.get(sort) ?? []), sentence]);
    },
    sentences: (): string[] =>
      Array.from(bySort.values(), (found) => [
        ...found.slice(0, SHOWN),
        ...(found.length > SHOWN ? [`… and ${found.length - SHOWN} more like the last one.`] : []),
      ]).flat(),
  };
}

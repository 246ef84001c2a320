import type { Call } from '#shared/call.ts';
import type { Bytes, DeviceId, OpId, UserId } from '#shared/ids.ts';
import type { ClientStore } from '#sync/client/ports.ts';
import type {
  ConversationSummary,
  Entry,
  ForeignEntry,
  Message,
  OpResult,
  Page,
  SnapshotPart,
  Standing,
} from '#sync/wire/down.ts';
import type { Cursor, Operation } from '#sync/wire/up.ts';

/**
 * What every ClientStore owes the sync client. Runs where the store runs: in this process or in a browser, so it
 * knows no test runner. Each case gets an empty store of its own.
 */
export interface ClientStoreSubject {
  readonly self: UserId;
  /** Somebody who can be befriended, with the bundle that the server would hand out. */
  readonly peer: UserId;
  readonly peerBundle: Bytes;
  readonly store: ClientStore;
  /** What `from` would send to `to`; one of them is `self`, the other `peer`. */
  envelope(id: OpId, from: UserId, to: UserId, text: string): Promise<Bytes>;
  newId(): OpId;
  queueMessage(text: string): Promise<OpId>;
  queueAccept(): Promise<OpId>;
  queueFriendAction(kind: FriendOperation): Promise<OpId>;
  /** The conversation with `peer` in reading order. */
  messages(): Promise<readonly SeenMessage[]>;
  standing(): Promise<Standing>;
  /** The highest revision of the keyring that was announced. */
  announced(): Promise<number>;
  /** The badge of the conversation with `peer`. */
  unread(): Promise<number>;
  /** Message number `n` was on the screen. */
  see(n: number): Promise<void>;
  /** The calls with `peer`, as they stand in the conversation. */
  calls(): Promise<readonly SeenCall[]>;
  /** Those that ring or go on. */
  liveCalls(): Promise<readonly OpId[]>;
  /** Missed calls with `peer` were looked at. */
  seeCalls(): Promise<void>;
  /** How many missed ones nobody has looked at. */
  missed(): Promise<number>;
  /** What `peer` finds in an envelope. */
  read(id: OpId, envelope: Bytes): Promise<{ device: DeviceId; counter: number; text: string }>;
  /** Another tab leads from now on: its handle of the same store. */
  lead(): Promise<ClientStore>;
  /** The same durable data in a new process: nothing that was only in memory is left. */
  restart(): Promise<ClientStoreSubject>;
}

export type FriendOperation = Extract<Operation['kind'], `friend.${string}`>;

export interface SeenMessage {
  readonly id: OpId;
  readonly mine: boolean;
  readonly text: string | null;
  readonly n: number | null;
  readonly tick: 'queued' | 'sent' | 'delivered' | 'seen' | 'failed' | null;
  readonly error: string | null;
  readonly holeBefore: boolean;
}

export type SeenCall = Call & { readonly mine: boolean };

/** A call of the peer that rings. */
export function callFrom({ self, peer }: ClientStoreSubject, fields: Partial<Call> & Pick<Call, 'id'>): Call {
  return {
    caller: peer,
    callee: self,
    media: 'voice',
    status: 'ringing',
    after: 0,
    startedAt: 4_000,
    answeredAt: null,
    endedAt: null,
    callerDevice: 'P'.repeat(22) as DeviceId,
    calleeDevice: null,
    seen: false,
    ...fields,
  };
}

export interface ClientStoreCase {
  readonly title: string;
  run(subject: ClientStoreSubject): Promise<void>;
}

/** The log of `self` as a server would page it. */
export class Log {
  cursor: Cursor = { epoch: 'first', seq: 0, tag: 0 };
  readonly entries: (Entry | ForeignEntry)[] = [];
  private readonly subject: ClientStoreSubject;
  private given = 0;

  constructor(subject: ClientStoreSubject) {
    this.subject = subject;
  }

  next(): number {
    return ++this.given;
  }

  async befriend(): Promise<void> {
    await this.push(this.friendship('friends'));
  }

  friendship(standing: Standing): Entry {
    const { peer, peerBundle: bundle } = this.subject;
    return { seq: this.next(), time: 1_000, kind: 'friend', peer, name: 'robin', standing, bundle };
  }

  async message(n: number, text: string): Promise<Extract<Entry, { kind: 'message' }>> {
    const { self, peer } = this.subject;
    const op = this.subject.newId();
    const envelope = await this.subject.envelope(op, peer, self, text);
    return { seq: this.next(), time: 2_000 + n, kind: 'message', op, from: peer, to: self, n, envelope };
  }

  /** A message operation of `self`, as the log shows it once the server has taken it. */
  own(n: number, op: Extract<Operation, { kind: 'message.send' }>): Entry {
    const { self: from } = this.subject;
    const { id, to, envelope } = op;
    return { seq: this.next(), time: 2_000 + n, kind: 'message', op: id, from, to, n, envelope };
  }

  keyring(revision: number): Entry {
    return { seq: this.next(), time: 1_000, kind: 'account', revision };
  }

  call(call: Call): Entry {
    return { seq: this.next(), time: 3_000, kind: 'call', ...call };
  }

  receipt(theirs: { delivered: number; seen: number }): Entry {
    const mine = { delivered: 0, seen: 0 };
    return { seq: this.next(), time: 3_000, kind: 'receipt', peer: this.subject.peer, mine, theirs };
  }

  /** One page with these entries, which are the next of the log. */
  async push(...entries: (Entry | ForeignEntry)[]): Promise<Page> {
    const to = this.given;
    const page: Page = { from: this.cursor.seq, to, tag: 1_000 + to, head: to, entries };
    this.cursor = { ...this.cursor, seq: to, tag: page.tag };
    this.entries.push(...entries);
    await this.subject.store.applyPage(page, this.cursor);
    return page;
  }

  /** The whole log as one page, of another epoch. */
  again(epoch: string): { page: Page; cursor: Cursor } {
    const page: Page = { from: 0, to: this.given, tag: 77, head: this.given, entries: this.entries };
    return { page, cursor: { epoch, seq: this.given, tag: 77 } };
  }
}

/** A message in the outbox, by its id. */
export async function operation(
  store: ClientStore,
  id: OpId,
): Promise<Extract<Operation, { kind: 'message.send' }>> {
  const op = (await store.outbox(100)).find((queued) => queued.op.id === id)?.op;
  if (op?.kind !== 'message.send') throw new Error('The message is not in the outbox');
  return op;
}

export async function receipts(store: ClientStore): Promise<Extract<Operation, { kind: 'receipt' }>[]> {
  return (await store.outbox(100)).flatMap(({ op }) => (op.kind === 'receipt' ? [op] : []));
}

export const cursorOf = async (store: ClientStore) => (await store.standing()).cursor;
export const texts = (messages: readonly SeenMessage[]) => messages.map(({ text }) => text);
export const states = (messages: readonly SeenMessage[]) =>
  messages.map(({ text, tick }) => `${text} ${tick}`);

/** The conversation of `self` and `peer` as a server has it, which tells of it in parts and pieces. */
export class Conversation {
  readonly messages: Message[] = [];
  readonly calls: Call[] = [];
  private readonly subject: ClientStoreSubject;
  private readonly epoch: string;
  private parts = 0;

  constructor(subject: ClientStoreSubject, epoch = 'first') {
    this.subject = subject;
    this.epoch = epoch;
  }

  /** The peer writes these texts. */
  async hear(...heard: string[]): Promise<void> {
    const { self, peer } = this.subject;
    for (const text of heard) {
      const op = this.subject.newId();
      const n = this.messages.length + 1;
      const envelope = await this.subject.envelope(op, peer, self, text);
      this.messages.push({ op, from: peer, to: self, n, time: 2_000 + n, envelope });
    }
  }

  /** The server takes a message of ours, and answers with its number. */
  take({ id, to, envelope }: Extract<Operation, { kind: 'message.send' }>): OpResult {
    const n = this.messages.length + 1;
    this.messages.push({ op: id, from: this.subject.self, to, n, time: 2_000 + n, envelope });
    return { id, ok: true, n, time: 2_000 + n };
  }

  friendship(standing: Standing = 'friends'): SnapshotPart['contacts'][number] {
    const { peer, peerBundle: bundle } = this.subject;
    return { kind: 'friend', time: 1_000, peer, name: 'robin', standing, bundle };
  }

  /** How it stands, with the newest `count` messages. */
  summary(count: number, mine: Mark = NONE, theirs: Mark = NONE): ConversationSummary {
    const { peer } = this.subject;
    const { messages, calls } = this;
    return { peer, head: messages.length, mine, theirs, messages: messages.slice(-count), calls };
  }

  /** A whole snapshot with nobody but the peer. */
  async tell(count: number, mine: Mark = NONE, theirs: Mark = NONE): Promise<Cursor> {
    const { epoch } = this;
    const cursor = { epoch, seq: 1_000 * ++this.parts, tag: 9 };
    const contacts = [this.friendship()];
    const conversations = [this.summary(count, mine, theirs)];
    const part = { seq: cursor.seq, tag: 9, revision: 1, contacts, conversations, first: true, done: true };
    await this.subject.store.applyPart(part, cursor, epoch);
    return cursor;
  }

  /** At most `count` messages below `before`. */
  async tellHistory(before: number, count: number): Promise<void> {
    const from = Math.max(1, before - count);
    const messages = this.messages.slice(from - 1, before - 1);
    const calls = this.calls.filter(({ after }) => after >= from && after < before);
    await this.subject.store.applyHistory({ peer: this.subject.peer, from, before, messages, calls });
  }
}

interface Mark {
  readonly delivered: number;
  readonly seen: number;
}
const NONE: Mark = { delivered: 0, seen: 0 };

import type { Call } from '#shared/call.ts';
import type { PairId } from '#shared/ids.ts';
import type { PageLimits, SnapshotLimits, SnapshotPlace, SnapshotRead } from '#sync/server/ports.ts';
import type { ConversationSummary, Message, SnapshotPart } from '#sync/wire/down.ts';
import { CALL_BYTES, type CallRange, rangeOf } from './calls.ts';

/** One contact, before messages and calls are read. */
export interface ContactRow {
  readonly pair: PairId;
  readonly contact: SnapshotPart['contacts'][number];
  readonly conversation: Omit<ConversationSummary, 'messages' | 'calls'>;
  /** At most so many, the newest first. */
  newest(limit: number): Iterable<Message>;
  /** The newest of a range, CALLS_SHOWN at most, oldest first, as the reader sees them; with any that is live. */
  calls(range: CallRange): Call[];
}

/** The newest of `messages`, which come newest first, that fit: at least one when there is one. Oldest first. */
export function newestThatFit(messages: Iterable<Message>, limits: PageLimits): Message[] {
  const fitting: Message[] = [];
  let bytes = 0;
  for (const message of messages) {
    bytes += message.envelope.byteLength;
    if (fitting.length > 0 && (fitting.length === limits.entries || bytes > limits.bytes)) break;
    fitting.push(message);
  }
  return fitting.toReversed();
}

/** Makes a part of `rows`, which come in the order of their pairs and begin where the part does. Reads one too many. */
export function buildPart(
  rows: Iterable<ContactRow>,
  position: Pick<SnapshotPlace, 'seq' | 'tag'>,
  revision: number,
  first: boolean,
  limits: SnapshotLimits,
): SnapshotRead {
  const contacts: SnapshotPart['contacts'] = [];
  const conversations: ConversationSummary[] = [];
  const { seq, tag } = position;
  const part = (done: boolean): SnapshotPart => ({
    seq,
    tag,
    revision,
    contacts,
    conversations,
    first,
    done,
  });
  let bytes = 0;
  let last: PairId | null = null;
  for (const { pair, contact, conversation, newest, calls: callsIn } of rows) {
    const full = contacts.length === limits.pairs;
    const messages = full
      ? []
      : newestThatFit(newest(limits.messages), { entries: limits.messages, bytes: limits.bytes });
    const calls = full ? [] : callsIn(rangeOf(messages));
    bytes += messages.reduce((sum, { envelope }) => sum + envelope.byteLength, calls.length * CALL_BYTES);
    if (last !== null && (full || bytes > limits.bytes)) {
      return { part: part(false), next: { seq, tag, pair: last } };
    }
    contacts.push(contact);
    conversations.push({ ...conversation, messages, calls });
    last = pair;
  }
  return { part: part(true), next: null };
}

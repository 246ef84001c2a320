import type { ErrorCode } from '#shared/errors.ts';
import type { OpId } from '#shared/ids.ts';
import type { OpResult } from '../../wire/down.ts';
import type { Conversation, Effect, Person, Relation, StoredCall } from '../ports.ts';

/** What a command may know when it decides. Read before, never during. */
export interface Facts {
  readonly actor: Person;
  /** Undefined when nobody has that id. */
  readonly target: Person | undefined;
  readonly relation: Relation;
  /** Read for receipts only. */
  readonly conversation: Conversation;
  /** Requests of the actor that wait for an answer. Read for requests only. */
  readonly openRequests: number;
  /** The call that the operation names, or that has the id of a start, if the two have one. */
  readonly call: StoredCall | undefined;
  /** Calls that ring or go on, of the actor and of the target with whomever. Read for starts only. */
  readonly live: { readonly mine: readonly StoredCall[]; readonly theirs: readonly StoredCall[] };
  /** Server time, milliseconds since 1970. */
  readonly now: number;
}

/** What a command decided: the answer, what must become true with it, and whether the answer is remembered. */
export interface Verdict {
  readonly result: OpResult;
  readonly effect: Effect | null;
  readonly record: boolean;
}

export function accept(id: OpId, now: number, effect: Effect | null): Verdict {
  return { result: { id, ok: true, time: now }, effect, record: true };
}

/** A refusal that stays: a repeat of the operation is answered with it even if the reason has passed. */
export function refuse(id: OpId, code: ErrorCode): Verdict {
  return { result: { id, ok: false, code }, effect: null, record: true };
}

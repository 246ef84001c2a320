import type { Database } from 'better-sqlite3';
import { Failure } from '#shared/errors.ts';
import { type Bytes, type OpId, type PairId, type UserId, membersOf } from '#shared/ids.ts';

/** Ids are kept for this many users; the rest are looked up again. */
const MAX_KEPT = 100_000;

export interface PairMembers {
  readonly low: number;
  readonly high: number;
}

export interface Names {
  /** The number of a user. Throws UNKNOWN_USER. */
  number(user: UserId): number;
  find(user: UserId): number | undefined;
  id(row: number): UserId;
  members(pair: PairId): PairMembers;
  /** Looks everybody up again: a user who was just added may have been rolled back. */
  forget(): void;
}

/** Translates between the text ids of the edge and the integers of the tables. Users never change theirs. */
export function createNames(db: Database): Names {
  const byId = db.prepare<[string], number>('SELECT id FROM users WHERE uid = ?').pluck();
  const byNumber = db.prepare<[number], UserId>('SELECT uid FROM users WHERE id = ?').pluck();
  const numbersById = new Map<UserId, number>();
  const idsByNumber = new Map<number, UserId>();

  function keep(user: UserId, row: number): void {
    if (numbersById.size >= MAX_KEPT) forget();
    numbersById.set(user, row);
    idsByNumber.set(row, user);
  }

  function forget(): void {
    numbersById.clear();
    idsByNumber.clear();
  }

  function find(user: UserId): number | undefined {
    const kept = numbersById.get(user);
    if (kept !== undefined) return kept;
    const found = byId.get(user);
    if (found !== undefined) keep(user, found);
    return found;
  }

  function number(user: UserId): number {
    const found = find(user);
    if (found === undefined) throw new Failure('UNKNOWN_USER');
    return found;
  }

  return {
    find,
    number,
    forget,
    id(row) {
      const kept = idsByNumber.get(row);
      if (kept !== undefined) return kept;
      const found = byNumber.get(row);
      if (found === undefined) throw new Failure('INTERNAL', `no user ${row}`);
      keep(found, row);
      return found;
    },
    members(pair) {
      const [low, high] = membersOf(pair);
      return { low: number(low), high: number(high) };
    },
  };
}

/** A UUID as the 16 bytes that it stands for. */
export function packOp(op: OpId): Buffer {
  return Buffer.from(op.replaceAll('-', ''), 'hex');
}

export function unpackOp(packed: Uint8Array): OpId {
  const hex = Buffer.from(packed.buffer, packed.byteOffset, packed.byteLength).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}` as OpId;
}

/** A blob column as plain bytes: Node's Buffer would travel beyond the store otherwise. */
export function plain(blob: Uint8Array): Bytes {
  return new Uint8Array(blob.buffer as ArrayBuffer, blob.byteOffset, blob.byteLength);
}

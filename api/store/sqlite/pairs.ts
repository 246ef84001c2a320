import type { Relation, Watermark } from '#sync/server/ports.ts';
import type { Names } from './names.ts';
import type { PairRow } from './sync-statements.ts';

export const lowMark = (pair: PairRow): Watermark => ({ delivered: pair.low_delivered, seen: pair.low_seen });
export const highMark = (pair: PairRow): Watermark => ({
  delivered: pair.high_delivered,
  seen: pair.high_seen,
});

/** Both members' watermarks, as the one with the number `self` sees them. */
export function marksFor(pair: PairRow, self: number): { mine: Watermark; theirs: Watermark } {
  const [mine, theirs] =
    pair.low === self ? [lowMark(pair), highMark(pair)] : [highMark(pair), lowMark(pair)];
  return { mine, theirs };
}

/** The relation in a row; of two who never met when there is none. */
export function relationOf(row: PairRow | undefined, names: Names): Relation {
  if (!row) return { state: 'none', by: null, blockedBy: [], version: 0, time: 0 };
  const { state, by, version, time } = row;
  const blockedBy = [
    ...(row.low_blocks === 1 ? [names.id(row.low)] : []),
    ...(row.high_blocks === 1 ? [names.id(row.high)] : []),
  ];
  return { state, by: by === null ? null : names.id(by), blockedBy, version, time };
}

import type { OpId } from '#shared/ids.ts';
import type { CallRow, ContactRow, ConversationRow, DraftRow, MessageRow } from './rows.ts';

/** What the list of conversations is made of, sealed. */
export interface ListRows {
  readonly contacts: readonly ContactRow[];
  readonly conversations: readonly ConversationRow[];
  readonly drafts: readonly DraftRow[];
  readonly lastById: ReadonlyMap<OpId, MessageRow>;
  readonly lastCallById: ReadonlyMap<OpId, CallRow>;
}

/** Without those that are gone. */
export const present = <Row>(rows: readonly (Row | undefined)[]): Row[] =>
  rows.flatMap((row) => (row === undefined ? [] : [row]));

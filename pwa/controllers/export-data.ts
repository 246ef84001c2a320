import * as v from 'valibot';
import { type ByteSource, openExport as openFile, sealExport } from '#shared/crypto/export.ts';
import { Failure } from '#shared/errors.ts';
import type { UserId } from '#shared/ids.ts';
import { time } from '#shared/schema/fields.ts';
import type { ExportContent } from '../models/account.ts';
import type { Contact } from '../models/people.ts';
import type { LocalStore } from '../store/ports.ts';
import { createAccountApi } from '../transport/account-api.ts';
import type { Api } from '../transport/http.ts';
import { acceptNewPassword } from './credentials.ts';
import type { Inside } from './inside.ts';
import { note } from './log.ts';
import { readKeyring } from './read-keyring.ts';

/**
 * An own copy of everything: a file of shared/crypto/export.ts. Its records are maps with a `kind`, in this order:
 *
 *   account       format 1, username, userId, made (ms since 1970), keys: the identities of the keyring, newest first,
 *                 private keys in PKCS #8; or null when the server could not be asked for them
 *   contacts      contacts: {id, name, standing, fingerprint, verified}
 *   messages      any number: peer, name, messages: {mine, at, text, n}, oldest first, conversation by conversation; n is
 *                 null for what the server has not (yet)
 */
const account = v.object({
  kind: v.literal('account'),
  format: v.literal(1),
  username: v.string(),
  made: time,
});
const messages = v.object({
  kind: v.literal('messages'),
  peer: v.string(),
  name: v.string(),
  messages: v.array(v.object({ mine: v.boolean(), at: time, text: v.string() })),
});
const record = v.variant('kind', [account, messages, v.object({ kind: v.literal('contacts') })]);

/** Messages read at once, and characters of text in one record. */
const STEP = 250;
const MOST_TEXT = 16_000;
/** Keys that the person would not get back by them. */
const WRONG: ReadonlySet<string> = new Set(['KEYRING_DAMAGED', 'KEYRING_OLD']);
/** Bytes after which the browser gets to put away what was made. */
const PART = 4 * 1024 * 1024;

interface Scope {
  readonly inside: Inside;
  readonly api: Pick<Api, 'call'>;
  readonly contacts: readonly Contact[];
  /** Brings the messages that this device lacks, before they are read. */
  readonly fetchOlder: () => Promise<void>;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** The file, and whether the keys are in it. Throws a Failure (PASSWORD_WEAK). */
export async function makeExport(
  scope: Scope,
  passphrase: string,
): Promise<{ readonly file: Blob; readonly name: string; readonly withKeys: boolean }> {
  const { me } = scope.inside;
  acceptNewPassword(passphrase, [me.name]);
  await scope.fetchOlder();
  const keys = await keysOf(scope);
  const parts: Blob[] = [];
  let open: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  for await (const piece of sealExport(passphrase, recordsOf(scope, keys))) {
    open.push(piece);
    size += piece.length;
    if (size < PART) continue;
    parts.push(new Blob(open));
    [open, size] = [[], 0];
  }
  const file = new Blob([...parts, ...open], { type: 'application/octet-stream' });
  const day = new Date(scope.now).toISOString().slice(0, 10);
  return { file, name: `nexchat-${me.name}-${day}.nxexport`, withKeys: keys !== null };
}

/**
 * What an exported file holds of conversations, to be read. Throws a Failure: BAD_CREDENTIALS for another passphrase,
 * UNREADABLE for another or a damaged file.
 */
export async function readExport(file: Blob, passphrase: string): Promise<ExportContent> {
  let head: v.InferOutput<typeof account> | undefined;
  const byPeer = new Map<string, { name: string; messages: { mine: boolean; at: number; text: string }[] }>();
  const opened = await openFile(passphrase, sourceOf(file), (value) => {
    const parsed = v.safeParse(record, value);
    // Of a newer version: what is not known is not shown.
    if (!parsed.success) return;
    const { output } = parsed;
    if (output.kind === 'account') head = output;
    if (output.kind !== 'messages') return;
    const conversation = byPeer.get(output.peer) ?? { name: output.name, messages: [] };
    conversation.messages.push(...output.messages);
    byPeer.set(output.peer, conversation);
  });
  if (!opened.ok) throw new Failure(opened.error, 'export');
  if (head === undefined) throw new Failure('UNREADABLE', 'export');
  return { username: head.username, made: head.made, conversations: [...byPeer.values()] };
}

async function* recordsOf({ inside, contacts, now }: Scope, keys: unknown): AsyncGenerator {
  const { me, store } = inside;
  yield { kind: 'account', format: 1, username: me.name, userId: me.id, made: now, keys };
  yield {
    kind: 'contacts',
    contacts: contacts.map(({ id, name, standing, fingerprint, trust }) => ({
      id,
      name,
      standing,
      fingerprint,
      verified: trust === 'verified' || trust === 'changed-verified',
    })),
  };
  for (const { id: peer, name } of contacts) {
    for await (const piece of piecesOf(store, peer)) {
      yield { kind: 'messages', peer, name, messages: piece };
    }
  }
}

/** A conversation in pieces of bounded size. What can't be opened is left out. */
async function* piecesOf(store: LocalStore, peer: UserId) {
  // Sending what waits moves it: by their ids all of them are met, and once.
  const ids = await store.messageIds(peer);
  for (let from = 0; from < ids.length; from += STEP) {
    const read = await store.readMessages(ids.slice(from, from + STEP));
    let piece: { mine: boolean; at: number; text: string; n: number | null }[] = [];
    let size = 0;
    for (const { mine, at, text, n } of read) {
      if (text === null) continue;
      piece.push({ mine, at, text, n });
      size += text.length;
      if (size < MOST_TEXT) continue;
      yield piece;
      [piece, size] = [[], 0];
    }
    if (piece.length > 0) yield piece;
  }
}

/** The private keys, which this device can use but not read: they are in the keyring. Null without a server. */
async function keysOf({ inside, api }: Scope): Promise<unknown> {
  try {
    const served = await createAccountApi(api).account(await inside.tokens.current());
    if (served.userId !== inside.me.id) throw new Failure('KEYRING_DAMAGED', 'another account');
    const known = await inside.store.trust.knownRevision();
    if (served.revision < known) throw new Failure('KEYRING_OLD', `${served.revision} after ${known}`);
    return (await readKeyring(inside.keychain.account, served)).keyring.identities;
  } catch (error) {
    if (!(error instanceof Failure) || WRONG.has(error.code)) throw error;
    note('the keys are not in the export', error);
    return null;
  }
}

function sourceOf(file: Blob): ByteSource {
  return {
    size: file.size,
    read: async (from, to) => new Uint8Array(await file.slice(from, to).arrayBuffer()),
  };
}

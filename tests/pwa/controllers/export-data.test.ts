import { describe, expect, it } from 'vitest';
import { openExport } from '#shared/crypto/export.ts';
import { Failure } from '#shared/errors.ts';
import type { OpId, UserId } from '#shared/ids.ts';
import { makeExport, readExport } from '#pwa/controllers/export-data.ts';
import type { Contact } from '#pwa/models/people.ts';
import type { StoredMessage } from '#pwa/store/ports.ts';
import { someUserId } from '#tests/support/api-people.ts';

const PASSPHRASE = 'a quiet river at night';
const NOW = Date.UTC(2026, 0, 31, 12);

const contact = (id: UserId, name: string): Contact => ({
  id,
  name,
  standing: 'friends',
  pending: false,
  fingerprint: '0A1B',
  trust: 'verified',
});

const message = (n: number, text: string | null, of = 'ben'): StoredMessage => ({
  id: `message ${n} with ${of}` as OpId,
  mine: n % 2 === 0,
  text,
  at: n,
  n,
  tick: null,
  error: null,
  holeBefore: false,
});

/** A device with these conversations and no server. */
function scopeOf(conversations: ReadonlyMap<Contact, readonly StoredMessage[]>) {
  const of = (peer: UserId) => [...conversations].find(([{ id }]) => id === peer)?.[1] ?? [];
  const byId = new Map([...conversations.values()].flat().map((one) => [one.id, one]));
  const store = {
    messageIds: async (peer: UserId) => of(peer).map(({ id }) => id),
    readMessages: async (ids: readonly OpId[]) => ids.flatMap((id) => byId.get(id) ?? []),
  };
  const tokens = {
    current: async () => {
      throw new Failure('OFFLINE');
    },
  };
  const inside = { me: { id: someUserId(), name: 'ana', fingerprint: '' }, store, tokens };
  const scope = {
    inside,
    api: {},
    contacts: [...conversations.keys()],
    fetchOlder: async () => {},
    now: NOW,
  };
  return scope as unknown as Parameters<typeof makeExport>[0];
}

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'done',
    (error: unknown) => (error instanceof Failure ? error.code : String(error)),
  );

describe('an export', () => {
  const [ben, cleo] = [contact(someUserId(), 'ben'), contact(someUserId(), 'cleo')];
  const long = Array.from({ length: 1_203 }, (_, index) => message(index + 1, `message ${index + 1} 🌍`));
  const unreadable = [
    message(1, 'one', 'cleo'),
    message(2, null, 'cleo'),
    message(5, 'x'.repeat(10_000), 'cleo'),
  ];

  it('holds every message that can be read, in order, and says so when the keys are not in it', async () => {
    const { file, name, withKeys } = await makeExport(
      scopeOf(
        new Map([
          [ben, long],
          [cleo, unreadable],
        ]),
      ),
      PASSPHRASE,
    );
    expect([name, withKeys]).toEqual(['nexchat-ana-2026-01-31.nxexport', false]);
    const content = await readExport(file, PASSPHRASE);
    expect([content.username, content.made]).toEqual(['ana', NOW]);
    expect(content.conversations.map((one) => [one.name, one.messages.length])).toEqual([
      ['ben', 1_203],
      ['cleo', 2],
    ]);
    expect(content.conversations[0]?.messages).toEqual(
      long.map(({ mine, at, text }) => ({ mine, at, text })),
    );
  });

  it('holds what the server has not, or has lost and is offered again, wherever it stands', async () => {
    const waiting = long.map((one, index) => (index % 250 === 249 ? { ...one, n: null } : one));
    const { file } = await makeExport(scopeOf(new Map([[ben, waiting]])), PASSPHRASE);
    const [conversation] = (await readExport(file, PASSPHRASE)).conversations;
    expect(conversation?.messages.map(({ text }) => text)).toEqual(waiting.map(({ text }) => text));
  });

  it('is not made with keys that are older than those of this device', async () => {
    const old = { userId: someUserId(), username: 'ana', revision: 2 };
    const scope = scopeOf(new Map([[cleo, unreadable]]));
    const inside = {
      ...scope.inside,
      me: { ...scope.inside.me, id: old.userId },
      tokens: { current: async () => 'token' },
      store: { ...scope.inside.store, trust: { knownRevision: async () => 3 } },
    };
    const served = { ...scope, inside, api: { call: async () => old } } as unknown as typeof scope;
    expect(await codeOf(makeExport(served, PASSPHRASE))).toBe('KEYRING_OLD');
  });

  it('is written in records of bounded size, whatever people write', async () => {
    const wordy = Array.from({ length: 60 }, (_, index) => message(index + 1, '世'.repeat(10_000)));
    const { file } = await makeExport(scopeOf(new Map([[ben, wordy]])), PASSPHRASE);
    let most = 0;
    const source = {
      size: file.size,
      read: async (begin: number, end: number) => {
        most = Math.max(most, end - begin);
        return new Uint8Array(await file.slice(begin, end).arrayBuffer());
      },
    };
    expect((await openExport(PASSPHRASE, source, () => {})).ok).toBe(true);
    expect(most).toBeLessThan(128 * 1024);
  });

  it('tells another passphrase from another file, and refuses a weak one', async () => {
    const { file } = await makeExport(scopeOf(new Map([[cleo, unreadable]])), PASSPHRASE);
    expect(await codeOf(readExport(file, 'a quiet river at noon'))).toBe('BAD_CREDENTIALS');
    expect(await codeOf(readExport(new Blob(['what is this']), PASSPHRASE))).toBe('UNREADABLE');
    expect(await codeOf(readExport(file.slice(0, file.size - 1), PASSPHRASE))).toBe('UNREADABLE');
    let isFetched = false;
    const scope = { ...scopeOf(new Map()), fetchOlder: async () => void (isFetched = true) };
    expect(await codeOf(makeExport(scope, 'aaaaaaaaaaaa'))).toBe('PASSWORD_WEAK');
    expect(isFetched).toBe(false);
  });
});

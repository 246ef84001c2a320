import type { Account, Store } from '#api/store/ports.ts';
import type { Call, CallStatus } from '#shared/call.ts';
import { membersOf, pairOf } from '#shared/ids.ts';
import type { Relation, Watermark } from '#sync/server/ports.ts';
import {
  accountOf,
  signInOf,
  someBytes,
  someDeviceId,
  someKeyring,
  someOpId,
  writeOf,
} from './api-people.ts';

/** Who is in a store that was filled with something of everything. */
export interface FullStore {
  readonly ann: Account;
  readonly bob: Account;
  readonly cas: Account;
  /** Deleted, with messages that ann keeps. */
  readonly dan: Account;
}

/** Puts something of everything that a server keeps into an empty store. */
export async function fillStore(store: Store): Promise<FullStore> {
  const [ann, bob] = [accountOf('ann'), accountOf('bob', { recovery: null })];
  const [cas, dan] = [accountOf('cas'), accountOf('dan')];
  for (const account of [ann, bob, cas, dan]) await store.createAccount(account);

  const send = (from: Account, to: Account) =>
    store.commit(
      writeOf(from.user, { kind: 'message', from: from.user, to: to.user, envelope: someBytes(300) }),
    );
  const relate = (by: Account, to: Account, expect: number, state: Relation['state']) => {
    const asks = state === 'requested' || state === 'rejected';
    const next = { state, by: asks ? by.user : null, blockedBy: [], version: expect + 1, time: 7 };
    return store.commit(writeOf(by.user, { kind: 'relation', pair: pairOf(by.user, to.user), expect, next }));
  };
  const read = (who: Account, other: Account, mark: Watermark) => {
    const effect = { kind: 'watermark', pair: pairOf(who.user, other.user), user: who.user, mark } as const;
    return store.commit(writeOf(who.user, effect, { record: false }));
  };

  const call = (by: Account, to: Account, next: Omit<Call, 'caller' | 'callee'>, expect = 0) => {
    const [pair, sides] = [pairOf(by.user, to.user), { caller: by.user, callee: to.user }];
    const effect = {
      kind: 'call',
      pair,
      expect,
      next: { ...next, ...sides },
      tell: membersOf(pair),
    } as const;
    return store.commit(writeOf(by.user, effect));
  };

  await relate(ann, bob, 0, 'requested');
  await relate(ann, bob, 1, 'friends');
  await relate(cas, ann, 0, 'requested');
  await relate(ann, dan, 0, 'friends');
  for (let at = 0; at < 20; at++) await (at % 3 === 0 ? send(bob, ann) : send(ann, bob));
  await send(dan, ann);
  await read(bob, ann, { delivered: 12, seen: 9 });
  await read(ann, bob, { delivered: 20, seen: 0 });
  const over = someCall('in_progress', { answeredAt: START + 3, calleeDevice: someDeviceId() });
  await call(ann, bob, over);
  await store.keepCall(pairOf(ann.user, bob.user), over.id, START + 20_000);
  await call(ann, bob, { ...over, status: 'completed', after: 20, endedAt: START + 30_000 }, 1);
  await call(bob, ann, someCall('missed', { endedAt: START + 45_000, seen: false }));
  await call(bob, ann, someCall('ringing'));
  await call(ann, dan, someCall('busy', { media: 'video', seen: false }));
  const blocked = { state: 'requested', by: cas.user, blockedBy: [ann.user], version: 2, time: 8 } as const;
  const blocking = { kind: 'relation', pair: pairOf(ann.user, cas.user), expect: 1, next: blocked } as const;
  await store.commit(writeOf(ann.user, blocking));
  // A refusal is kept with the bundle that it named.
  const op = someOpId();
  const refusal = { id: op, ok: false, code: 'STALE_KEY', bundle: someBytes(231) } as const;
  await store.commit(writeOf(bob.user, null, { op, result: refusal }));

  const device = someDeviceId();
  await store.startSession(signInOf(ann, { previous: someBytes(32), successor: someBytes(60) }));
  await store.startSession(signInOf(bob, { ended: 1_700_000_000_500 }));
  await store.useDevice(ann.user, device, await generation(store, ann, device));
  await store.replaceKeyring(ann.user, {
    expect: 1,
    keyring: someKeyring(2),
    rotated: { bundle: someBytes(231), keyId: someBytes(16) },
    time: 9,
  });
  await store.addReport({ from: ann.user, about: cas.user, reason: 'spam', note: 'Sells\nthings', time: 11 });
  await store.suspendAccount(cas.user, 10);
  await store.deleteAccount(dan.user, 12);
  await store.truncate(bob.user, 6);
  return { ann, bob, cas, dan };
}

const START = 1_700_000_000_000;
function someCall(status: CallStatus, more: Partial<Call> = {}): Omit<Call, 'caller' | 'callee'> {
  return {
    id: someOpId(),
    media: 'voice',
    status,
    after: 0,
    startedAt: START,
    answeredAt: null,
    endedAt: null,
    callerDevice: someDeviceId(),
    calleeDevice: null,
    seen: true,
    ...more,
  };
}

async function generation(store: Store, { user }: Account, device: ReturnType<typeof someDeviceId>) {
  const first = await store.useDevice(user, device, 0);
  return first === 'cloned' ? 0 : first;
}

import type { Bytes, DeviceId, OpId, UserId } from '#shared/ids.ts';
import type { SyncClient } from '#sync/client/client.ts';
import type { SyncListener, SyncStatus } from '#sync/client/ports.ts';
import type { OpResult } from '#sync/wire/down.ts';
import type { CallOperation } from '#sync/wire/up.ts';
import { type FromLeader, PATIENCE_MS, type ToLeader, leadLock } from './lead-lock.ts';

/**
 * One tab of a browser speaks to the server; all work through the same local database.
 *
 * Whoever holds the Web Lock leads. The others queue for it, so that the next one leads some milliseconds after the
 * leader's tab has gone. A channel carries what is not in the database: status, presence, typing and what is said in
 * calls from the leader, typing, calls and wake-ups to it. A leader that was put to sleep answers nothing; a tab that a person looks at then takes
 * the lock from it, and the store refuses what the old leader still wants to write when it wakes.
 */
export interface Seat {
  /** The network is back, or the person is. */
  wake(): void;
  networkGone(): void;
  typing(to: UserId, on: boolean): void;
  /** Somebody scrolls to the messages of a conversation below number `before`, some of which are not here yet. */
  want(peer: UserId, before: number): void;
  /** See `SyncClient.call`: until it is answered to this tab, every leader is asked again. */
  call(op: CallOperation): void;
  dropCall(id: OpId): void;
  /** Lost when there is no leader, or no connection. */
  signal(to: UserId, device: DeviceId, envelope: Bytes): void;
  inCall(call: OpId, peer: UserId): void;
  /** Somebody signed in again: a client that stopped for want of a session starts anew. */
  restart(): void;
  /** Resolves when this tab writes no more of what the server says. */
  leave(): Promise<void>;
}

interface SeatDeps {
  readonly user: UserId;
  readonly listener: SyncListener;
  /**
   * Makes and starts the sync client of a tab that has become the leader. It calls `lost` when the store refuses its
   * writes, because another one leads by now.
   */
  readonly lead: (listener: SyncListener, lost: () => void) => Leading;
  /** How long a leader may take to answer before it counts as asleep. */
  readonly patienceMs?: number;
}

/** The sync client as its tab sees it. */
export type Leading = Omit<SyncClient, 'reauthenticate'>;

export function takeSeat(deps: SeatDeps): Seat {
  const { user, listener } = deps;
  const lock = leadLock(user);
  const channel = new BroadcastChannel(lock);
  const say = (message: FromLeader | ToLeader) => channel.postMessage(message);

  let left = false;
  let leading: Leading | null = null;
  let release = () => {};
  let campaign = new AbortController();
  let doubt: ReturnType<typeof setTimeout> | undefined;
  let lastStatus: SyncStatus | null = null;
  const online = new Set<UserId>();
  /** What this tab asked for about calls, and has no answer to. */
  const asked = new Map<OpId, CallOperation>();

  const toFollowers: SyncListener = {
    status(status) {
      lastStatus = status;
      if (!left) say({ t: 'status', status });
      listener.status(status);
    },
    presence(come, gone, fresh) {
      if (fresh) online.clear();
      for (const friend of come) online.add(friend);
      for (const friend of gone) online.delete(friend);
      if (!left) say({ t: 'presence', online: come, offline: gone, fresh });
      listener.presence(come, gone, fresh);
    },
    typing(from, on, ttlMs) {
      if (!left) say({ t: 'typing', from, on, ttlMs });
      listener.typing(from, on, ttlMs);
    },
    signal(from, device, envelope) {
      if (!left) say({ t: 'heard', from, device, envelope });
      listener.signal(from, device, envelope);
    },
    callResult(result) {
      if (!left) say({ t: 'result', result });
      tell(result);
    },
  };

  /** Only the tab that asked waits for the answer. */
  function tell(result: OpResult): void {
    if (asked.delete(result.id)) listener.callResult(result);
  }

  function askForCall(op: CallOperation): void {
    if (leading !== null) leading.call(op);
    else say({ t: 'call', op });
  }

  function run(steal: boolean): void {
    campaign.abort();
    campaign = new AbortController();
    // A request that steals must not carry a signal (Web Locks specification).
    const options: LockOptions = steal ? { steal: true } : { signal: campaign.signal };
    const { signal } = campaign;
    navigator.locks
      .request(lock, options, () => (left || signal.aborted ? undefined : reign()))
      .catch((error: unknown) => {
        const lost = error instanceof DOMException && error.name === 'AbortError';
        if (!lost) throw error;
        if (left || signal.aborted) return;
        dethroned();
      });
  }

  /** Another tab leads since we slept: queue again behind it. */
  function dethroned(): void {
    void resign();
    // It began while we slept, and what it said then was not for a leader.
    for (const op of asked.values()) askForCall(op);
    run(false);
  }

  function reign(): Promise<void> {
    clearTimeout(doubt);
    const term = new Promise<void>((resolve) => {
      release = resolve;
    });
    const mine = deps.lead(toFollowers, () => {
      if (leading === mine) dethroned();
    });
    leading = mine;
    for (const op of asked.values()) mine.call(op);
    say({ t: 'begins' });
    return term;
  }

  async function resign(): Promise<void> {
    const client = leading;
    const end = release;
    leading = null;
    online.clear();
    await client?.stop();
    end();
  }

  /** Asks for the present state; a leader that doesn't answer loses the lock to a tab that is being looked at. */
  function ask(): void {
    say({ t: 'ask' });
    clearTimeout(doubt);
    doubt = setTimeout(() => {
      if (!left && leading === null && document.visibilityState === 'visible') run(true);
    }, deps.patienceMs ?? PATIENCE_MS);
  }

  function hearLeader(message: FromLeader): void {
    clearTimeout(doubt);
    if (message.t === 'status') listener.status(message.status);
    else if (message.t === 'presence') listener.presence(message.online, message.offline, message.fresh);
    else if (message.t === 'typing') listener.typing(message.from, message.on, message.ttlMs);
    else if (message.t === 'heard') listener.signal(message.from, message.device, message.envelope);
    else if (message.t === 'result') tell(message.result);
    else if (message.t === 'begins') for (const op of asked.values()) askForCall(op);
    else if (message.status !== null) {
      listener.status(message.status);
      listener.presence(message.online, [], true);
    }
  }

  channel.addEventListener('message', (event: MessageEvent<FromLeader | ToLeader>) => {
    const message = event.data;
    switch (message.t) {
      case 'ask':
        if (leading !== null) say({ t: 'state', status: lastStatus, online: [...online] });
        return;
      case 'wake':
        leading?.wake();
        return;
      case 'network-gone':
        leading?.networkGone();
        return;
      case 'restart':
        leading?.start();
        return;
      case 'type':
        leading?.typing(message.to, message.on);
        return;
      case 'want':
        leading?.want(message.peer, message.before);
        return;
      case 'call':
        leading?.call(message.op);
        return;
      case 'drop-call':
        leading?.dropCall(message.id);
        return;
      case 'signal':
        leading?.signal(message.to, message.device, message.envelope);
        return;
      case 'in-call':
        leading?.inCall(message.call, message.peer);
        return;
      default:
        if (leading === null) hearLeader(message);
    }
  });

  run(false);
  ask();

  return {
    wake() {
      if (leading !== null) return leading.wake();
      say({ t: 'wake' });
      ask();
    },
    networkGone() {
      if (leading !== null) leading.networkGone();
      else say({ t: 'network-gone' });
    },
    typing(to, on) {
      if (leading !== null) leading.typing(to, on);
      else say({ t: 'type', to, on });
    },
    want(peer, before) {
      if (leading !== null) leading.want(peer, before);
      else say({ t: 'want', peer, before });
    },
    call(op) {
      asked.set(op.id, op);
      askForCall(op);
      // Nobody may be awake to be asked.
      if (leading === null) ask();
    },
    dropCall(id) {
      asked.delete(id);
      if (leading !== null) leading.dropCall(id);
      else say({ t: 'drop-call', id });
    },
    signal(to, device, envelope) {
      if (leading !== null) leading.signal(to, device, envelope);
      else say({ t: 'signal', to, device, envelope });
    },
    inCall(call, peer) {
      if (leading !== null) leading.inCall(call, peer);
      else say({ t: 'in-call', call, peer });
    },
    restart() {
      if (leading !== null) leading.start();
      else say({ t: 'restart' });
    },
    async leave() {
      if (left) return;
      left = true;
      asked.clear();
      clearTimeout(doubt);
      campaign.abort();
      await resign();
      channel.close();
    },
  };
}

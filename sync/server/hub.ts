import type { PairId, UserId } from '#shared/ids.ts';
import { membersOf } from '#shared/ids.ts';
import type { Bus, BusEvent, News, SyncStore, Timers, Waker } from './ports.ts';
import { createRoster } from './roster.ts';
import type { SessionEvent } from './session.ts';

/** A connection as the hub sees it. */
export interface Listener {
  readonly user: UserId;
  /** The sign-in it belongs to. */
  readonly session: string;
  hear(event: SessionEvent): void;
  /** The device is to be woken for it, unless it soon says that it has everything. */
  owe(news: News): void;
  /** Whether the device has everything that there is. */
  isCurrent(): boolean;
}

export interface HubDeps {
  readonly store: SyncStore;
  readonly bus: Bus;
  readonly timers: Timers;
  /** Names this node among those on the bus. */
  readonly node: string;
  /** Told when presence could not be spread; nothing is lost by it but time. */
  readonly onError: (error: unknown) => void;
  /** Nobody is woken without one. */
  readonly waker?: Waker | undefined;
}

/** People whose friends are told at the same time. A node that dies may take thousands along. */
const TELLERS = 8;
/** After a loss so many connections look into their logs at once, and the next ones so many milliseconds later. */
const CATCH_UP = { listeners: 50, every: 25 } as const;

/**
 * Who is connected to this node, and what of the bus concerns them. Every node knows who is connected anywhere and
 * tells its own people when that changes, so nobody flickers who moves from one node to another.
 */
export function createHub({ store, bus, timers, node, onError, waker }: HubDeps) {
  const listenersByUser = new Map<UserId, Set<Listener>>();
  const elsewhere = createRoster();
  /** Whose friends are to be told how it is with them now. */
  const untold = new Set<UserId>();
  let tellers = 0;
  /** Who has not looked into the log since something was lost. */
  let behind: Listener[] = [];
  let cancelCatchUp: (() => void) | null = null;
  let stopped = false;
  const unsubscribe = bus.subscribe(onEvent);

  function onEvent(event: BusEvent): void {
    switch (event.kind) {
      case 'grew':
        return tell(event.user, { kind: 'grew' });
      case 'typing':
        return tell(event.to, { kind: 'typing', from: event.from, on: event.on });
      case 'signal': {
        const { to, ...said } = event;
        return tell(to, said);
      }
      case 'presence':
        if (event.node !== node) announce(elsewhere.note(event.node, event.user, event.online));
        return;
      case 'roster':
        if (event.node !== node) announce(elsewhere.replace(event.node, event.users));
        return;
      case 'related':
        return introduce(event.pair, event.friends);
      case 'revoked':
        for (const listener of listenersByUser.get(event.user) ?? []) {
          if (event.session === null || event.session === listener.session) {
            listener.hear({ kind: 'end', code: 'SESSION_ENDED' });
          }
        }
        return;
      case 'lost':
        behind = [...listenersByUser.values()].flatMap((listeners) => [...listeners]);
        if (!cancelCatchUp) catchUp();
    }
  }

  function tell(user: UserId, event: SessionEvent): void {
    for (const listener of listenersByUser.get(user) ?? []) listener.hear(event);
  }

  function introduce(pair: PairId, friends: boolean): void {
    const [low, high] = membersOf(pair);
    tell(low, presenceOf(high, friends && online(high)));
    tell(high, presenceOf(low, friends && online(low)));
  }

  function online(user: UserId): boolean {
    return listenersByUser.has(user) || elsewhere.has(user);
  }

  /** Tells the friends who are connected here. Those who have a connection of their own here were never away. */
  function announce(users: readonly UserId[]): void {
    for (const user of users) if (!listenersByUser.has(user)) untold.add(user);
    employTellers();
  }

  function employTellers(): void {
    for (let idle = Math.min(TELLERS - tellers, untold.size); idle > 0; idle--) void tellFriends();
  }

  async function tellFriends(): Promise<void> {
    tellers += 1;
    for (const user of untold) {
      untold.delete(user);
      try {
        // As it is when the friends are known: meanwhile the person may have come back, or left.
        for (const friend of await store.friends(user)) tell(friend, presenceOf(user, online(user)));
      } catch (error) {
        onError(error);
      }
    }
    tellers -= 1;
  }

  function catchUp(): void {
    for (const listener of behind.splice(0, CATCH_UP.listeners)) {
      listener.hear({ kind: 'grew' });
      void refreshPresence(listener);
    }
    cancelCatchUp = behind.length > 0 ? timers.after(CATCH_UP.every, catchUp) : null;
  }

  async function refreshPresence(listener: Listener): Promise<void> {
    try {
      const friends = await store.friends(listener.user);
      if (friends.length === 0) return;
      const isOnline = friends.filter(online);
      listener.hear({
        kind: 'presence',
        online: isOnline,
        offline: friends.filter((friend) => !online(friend)),
      });
    } catch (error) {
      onError(error);
    }
  }

  /** The first connection to this node began, or the last one ended. */
  function moved(user: UserId, isHere: boolean): void {
    bus.publish({ kind: 'presence', node, user, online: isHere });
    if (elsewhere.has(user)) return;
    untold.add(user);
    employTellers();
  }

  return {
    online,

    add(listener: Listener): void {
      const mine = listenersByUser.get(listener.user);
      if (mine) mine.add(listener);
      else {
        listenersByUser.set(listener.user, new Set([listener]));
        moved(listener.user, true);
      }
    },

    remove(listener: Listener): void {
      const mine = listenersByUser.get(listener.user);
      if (!mine?.delete(listener) || mine.size > 0) return;
      listenersByUser.delete(listener.user);
      // A node that stops says nothing: its people are about to come back, at another one or at the next process.
      if (!stopped) moved(listener.user, false);
    },

    /** Wakes the user's devices. Those that are connected to this node have a moment to say that they know. */
    wake(user: UserId, news: News): void {
      if (!waker) return;
      const mine = [...(listenersByUser.get(user) ?? [])];
      const connected = new Set(mine.map(({ session }) => session));
      for (const listener of mine) listener.owe(news);
      waker.wake(user, news, (session) => !connected.has(session));
    },

    /** The device of a connection did not say that it knows: it is woken, unless another connection of it did. */
    wakeSilent({ user, session }: Listener, news: News): void {
      const others = [...(listenersByUser.get(user) ?? [])].filter((other) => other.session === session);
      if (others.some((other) => other.isCurrent())) return;
      waker?.wake(user, news, (id) => id === session);
    },

    /** Which friends of `user` are connected now. */
    async onlineFriends(user: UserId): Promise<UserId[]> {
      return (await store.friends(user)).filter(online);
    },

    /** How many people are connected to this node. */
    people: () => listenersByUser.size,

    stop(): void {
      stopped = true;
      unsubscribe();
      cancelCatchUp?.();
    },
  };
}
export type Hub = ReturnType<typeof createHub>;

function presenceOf(user: UserId, isOnline: boolean): SessionEvent {
  return { kind: 'presence', online: isOnline ? [user] : [], offline: isOnline ? [] : [user] };
}

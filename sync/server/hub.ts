import type { PairId, UserId } from '#shared/ids.ts';
import { membersOf } from '#shared/ids.ts';
import type { Bus, BusEvent, SyncStore } from './ports.ts';
import type { SessionEvent } from './session.ts';

/** A connection as the hub sees it. */
export interface Listener {
  readonly user: UserId;
  /** The sign-in it belongs to. */
  readonly session: string;
  hear(event: SessionEvent): void;
}

export interface HubDeps {
  readonly store: SyncStore;
  readonly bus: Bus;
  /** Told when presence could not be spread; nothing is lost by it but time. */
  readonly onError: (error: unknown) => void;
}

/** Who is connected to this node, and what of the bus concerns them. */
export function createHub({ store, bus, onError }: HubDeps) {
  const listenersByUser = new Map<UserId, Set<Listener>>();
  const unsubscribe = bus.subscribe(onEvent);

  function onEvent(event: BusEvent): void {
    switch (event.kind) {
      case 'grew':
        return tell(event.user, { kind: 'grew' });
      case 'typing':
        return tell(event.to, { kind: 'typing', from: event.from, on: event.on });
      case 'presence':
        for (const friend of event.to) tell(friend, presenceOf(event.user, event.online));
        return;
      case 'related':
        return introduce(event.pair, event.friends);
      case 'revoked':
        for (const listener of listenersByUser.get(event.user) ?? []) {
          if (event.session === null || event.session === listener.session) {
            listener.hear({ kind: 'end', code: 'SESSION_ENDED' });
          }
        }
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
    return listenersByUser.has(user);
  }

  async function spread(user: UserId, isOnline: boolean): Promise<void> {
    try {
      const friends = await store.friends(user);
      // Between the question and the answer the person may have come back, or left.
      if (friends.length > 0 && online(user) === isOnline) {
        bus.publish({ kind: 'presence', user, online: isOnline, to: friends });
      }
    } catch (error) {
      onError(error);
    }
  }

  return {
    online,

    add(listener: Listener): void {
      const mine = listenersByUser.get(listener.user);
      if (mine) mine.add(listener);
      else {
        listenersByUser.set(listener.user, new Set([listener]));
        void spread(listener.user, true);
      }
    },

    remove(listener: Listener): void {
      const mine = listenersByUser.get(listener.user);
      if (!mine?.delete(listener) || mine.size > 0) return;
      listenersByUser.delete(listener.user);
      void spread(listener.user, false);
    },

    /** Which friends of `user` are connected now. */
    async onlineFriends(user: UserId): Promise<UserId[]> {
      return (await store.friends(user)).filter(online);
    },

    stop: unsubscribe,
  };
}
export type Hub = ReturnType<typeof createHub>;

function presenceOf(user: UserId, isOnline: boolean): SessionEvent {
  return { kind: 'presence', online: isOnline ? [user] : [], offline: isOnline ? [] : [user] };
}

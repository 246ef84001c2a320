import { effect } from '@preact/signals';
import { Failure } from '#shared/errors.ts';
import type { UserId } from '#shared/ids.ts';
import type { SyncListener } from '#sync/client/ports.ts';
import type { Models } from '../models/models.ts';
import type { Listed } from '../models/people.ts';
import type { Named } from '../models/shell.ts';
import type { FriendAction, LocalStore, Stop, StoredContact } from '../store/ports.ts';
import type { Api } from '../transport/http.ts';
import { endsSession } from '../transport/tokens.ts';
import { type Inside, type Room, mustBeInside } from './inside.ts';
import { answered, news } from './news.ts';
import type { Toasts } from './toasts.ts';

/** Contacts, the directory, dots, typing hints and friend actions. */
export interface People extends Room {
  /** Everybody, or who can be found by the beginning of a name. */
  loadDirectory(query?: string): void;
  /** Tries the server again now. */
  reconnect(): void;
  requestFriend(id: UserId, name: string): Promise<void>;
  acceptFriend(id: UserId): Promise<void>;
  rejectFriend(id: UserId): Promise<void>;
  removeFriend(id: UserId): Promise<void>;
  blockPerson(id: UserId): Promise<void>;
  unblockPerson(id: UserId): Promise<void>;
  /** What is heard from the sync client, in whichever tab it runs. */
  readonly presence: SyncListener['presence'];
  readonly typing: SyncListener['typing'];
}

interface PeopleDeps {
  readonly models: Pick<Models, 'people' | 'shell' | 'status'>;
  readonly api: Pick<Api, 'directory'>;
  readonly toasts: Toasts;
}

export function createPeople({ models, api, toasts }: PeopleDeps): People {
  const { people, shell, status } = models;
  const typingTimers = new Map<UserId, ReturnType<typeof setTimeout>>();
  let inside: Inside | null = null;
  let stopContacts: Stop = () => {};
  let stopRetrying: Stop = () => {};
  /** Counts what was asked of the directory: an older answer must not undo a newer one. */
  let asked = 0;
  let lastQuery = '';

  function setTyping(from: UserId, on: boolean, ttlMs = 0): void {
    clearTimeout(typingTimers.get(from));
    typingTimers.delete(from);
    if (on)
      typingTimers.set(
        from,
        setTimeout(() => setTyping(from, false), ttlMs),
      );
    if (people.typing.value.has(from) !== on) people.typing.value = toggled(people.typing.value, from, on);
  }

  function presence(online: readonly UserId[], offline: readonly UserId[], fresh: boolean): void {
    const next = fresh ? new Set<UserId>() : new Set(people.online.value);
    for (const user of online) next.add(user);
    for (const user of offline) next.delete(user);
    people.online.value = next;
    for (const user of people.typing.value) if (!next.has(user)) setTyping(user, false);
  }

  function watchContacts(store: LocalStore): Stop {
    let before: readonly StoredContact[] | null = null;
    return store.liveContacts((contacts) => {
      people.contactsById.value = new Map(contacts.map((contact) => [contact.id, contact]));
      for (const id of answered(shell.toasts.value, contacts)) toasts.dismiss(id);
      for (const note of news(before, contacts)) toasts.show(note.tone, note.says);
      before = contacts;
    });
  }

  async function act(kind: FriendAction, id: UserId, name?: string): Promise<void> {
    try {
      const known = name ?? people.contactsById.value.get(id)?.name ?? '';
      await mustBeInside(inside).store.queueFriendAction(kind, id, known);
      if (kind === 'friend.accept') befriended({ id, name: known });
    } catch (error) {
      toasts.report(error);
    }
  }

  function befriended(friend: Named): void {
    const route = shell.route.value;
    // In their conversation the field to write in says it.
    const isThere = route.panel === 'chats' && route.peer === friend.id;
    if (!isThere) toasts.show('success', { what: 'befriended', friend });
  }

  async function readDirectory(query: string): Promise<void> {
    const turn = ++asked;
    lastQuery = query;
    people.directoryState.value = 'loading';
    try {
      const { me, tokens } = mustBeInside(inside);
      const found = await api.directory(await tokens.current(), query);
      if (turn !== asked) return;
      const listed = found
        .filter((person) => person.userId !== me.id)
        .map(({ userId, username, online }): Listed => ({ id: userId, name: username, online }));
      people.directory.value = query === '' ? listed : merged(people.directory.value, listed);
      people.directoryState.value = 'loaded';
    } catch (error) {
      if (turn !== asked) return;
      if (error instanceof Failure && error.code === 'BAD_FIELD') {
        // Not everybody is listed here; the panel says what to type instead.
        people.searchOnly.value = true;
        people.directoryState.value = 'loaded';
        return;
      }
      people.directoryState.value = 'failed';
      // The panel says so and offers to try again; no network and a lost session have notices of their own.
      const told = error instanceof Failure && (error.code === 'OFFLINE' || endsSession(error));
      if (!told) toasts.report(error);
    }
  }

  return {
    presence,
    typing: setTyping,
    enter(now) {
      inside = now;
      stopContacts = watchContacts(now.store);
      stopRetrying = effect(() => {
        const live = status.link.value === 'live';
        if (live && people.directoryState.peek() === 'failed') void readDirectory(lastQuery);
      });
    },
    leave() {
      inside = null;
      asked++;
      stopContacts();
      stopRetrying();
      for (const timer of typingTimers.values()) clearTimeout(timer);
      typingTimers.clear();
      people.contactsById.value = new Map();
      people.online.value = new Set();
      people.typing.value = new Set();
      people.directory.value = [];
      people.directoryState.value = 'idle';
      people.searchOnly.value = false;
    },
    loadDirectory(query = '') {
      void readDirectory(query);
    },
    reconnect: () => inside?.seat.wake(),
    requestFriend: (id, name) => act('friend.request', id, name),
    acceptFriend: (id) => act('friend.accept', id),
    rejectFriend: (id) => act('friend.reject', id),
    removeFriend: (id) => act('friend.remove', id),
    blockPerson: (id) => act('friend.block', id),
    unblockPerson: (id) => act('friend.unblock', id),
  };
}

function toggled(set: ReadonlySet<UserId>, user: UserId, present: boolean): ReadonlySet<UserId> {
  const next = new Set(set);
  if (present) next.add(user);
  else next.delete(user);
  return next;
}

/** What was known, with what was found in its place. */
function merged(known: readonly Listed[], found: readonly Listed[]): readonly Listed[] {
  return [...new Map([...known, ...found].map((person) => [person.id, person])).values()];
}

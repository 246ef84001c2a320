import { computed, signal } from '@preact/signals';
import type { UserId } from '#shared/ids.ts';
import type { Trust } from './account.ts';

export type Standing = 'none' | 'sent' | 'received' | 'friends' | 'blocked';

export interface Contact {
  readonly id: UserId;
  readonly name: string;
  readonly standing: Standing;
  /** A friend action written here that has not reached the server. */
  readonly pending: boolean;
  readonly fingerprint: string;
  readonly trust: Trust;
  /** The account was deleted, as far as this device has heard. */
  readonly gone?: boolean;
}

/** Somebody in the server's directory. */
export interface Listed {
  readonly id: UserId;
  readonly name: string;
  /** As of when the directory was read; a server that lists people only by search tells it of friends alone. */
  readonly online: boolean;
}

/** Contacts come from the local database; the directory and dots are known only while online. */
export function createPeopleModel() {
  const contactsById = signal<ReadonlyMap<UserId, Contact>>(new Map());
  return {
    contactsById,
    online: signal<ReadonlySet<UserId>>(new Set()),
    typing: signal<ReadonlySet<UserId>>(new Set()),
    directory: signal<readonly Listed[]>([]),
    directoryState: signal<'idle' | 'loading' | 'loaded' | 'failed'>('idle'),
    /** The server lists nobody unasked: it wants the beginning of a name. */
    searchOnly: signal(false),
    requests: computed(() =>
      [...contactsById.value.values()].filter((contact) => contact.standing === 'received'),
    ),
  };
}
export type PeopleModel = ReturnType<typeof createPeopleModel>;

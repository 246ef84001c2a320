import type { UserId } from '#shared/ids.ts';
import type { Trust } from '../../models/account.ts';
import { useApp } from '../app-context.ts';
import { sayChat } from '../strings/chat.ts';
import { useOnline } from '../use-online.ts';

/** What a conversation shows of the person at its other end. */
export interface Friend {
  readonly id: UserId;
  readonly name: string;
  /** Undefined where it can’t be known, and of whom one can’t write to. */
  readonly online: boolean | undefined;
  readonly typing: boolean;
  /** Empty until their keys are known. */
  readonly fingerprint: string;
  readonly canWrite: boolean;
  readonly blocked: boolean;
  /** The account was deleted. */
  readonly gone: boolean;
  readonly trust: Trust;
  /** A friend action or a block that has not reached the server. */
  readonly pending: boolean;
  /** False for an address that nobody is known at. */
  readonly known: boolean;
}

export function useFriend(id: UserId): Friend {
  const { people, conversations } = useApp().models;
  const contact = people.contactsById.value.get(id);
  const row = conversations.rows.value.find((candidate) => candidate.peer === id);
  const online = useOnline(id);
  const canWrite = row?.canWrite ?? contact?.standing === 'friends';
  const blocked = contact?.standing === 'blocked';
  return {
    id,
    name: contact?.name ?? row?.name ?? sayChat.unknown,
    online: canWrite && !blocked ? online : undefined,
    typing: people.typing.value.has(id),
    fingerprint: contact?.fingerprint ?? '',
    canWrite,
    blocked,
    gone: contact?.gone ?? false,
    trust: contact?.trust ?? 'unverified',
    pending: contact?.pending ?? false,
    known: contact !== undefined || row !== undefined,
  };
}

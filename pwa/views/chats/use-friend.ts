import type { UserId } from '#shared/ids.ts';
import { useApp } from '../app-context.ts';
import { say } from '../strings.ts';
import { useOnline } from '../use-online.ts';

/** What a conversation shows of the person at its other end. */
export interface Friend {
  readonly id: UserId;
  readonly name: string;
  /** Undefined where it can’t be known. */
  readonly online: boolean | undefined;
  readonly typing: boolean;
  /** Empty until their keys are known. */
  readonly fingerprint: string;
  readonly canWrite: boolean;
  /** False for an address that nobody is known at. */
  readonly known: boolean;
}

export function useFriend(id: UserId): Friend {
  const { people, conversations } = useApp().models;
  const contact = people.contactsById.value.get(id);
  const row = conversations.rows.value.find((candidate) => candidate.peer === id);
  return {
    id,
    name: contact?.name ?? row?.name ?? say.conversation.unknown,
    online: useOnline(id),
    typing: people.typing.value.has(id),
    fingerprint: contact?.fingerprint ?? '',
    canWrite: row?.canWrite ?? contact?.standing === 'friends',
    known: contact !== undefined || row !== undefined,
  };
}

import type { ComponentChildren } from 'preact';
import type { UserId } from '#shared/ids.ts';
import type { Trust } from '../../models/account.ts';
import type { Standing } from '../../models/people.ts';
import { useApp } from '../app-context.ts';
import { Avatar } from '../parts/Avatar.tsx';
import { AddIcon } from '../parts/icons.tsx';
import { AcceptIcon, PendingIcon } from '../parts/more-icons.tsx';
import { VerifiedMark } from '../parts/VerifiedMark.tsx';
import { sayPeople } from '../strings/people.ts';
import { useOnline } from '../use-online.ts';

export interface Person {
  readonly id: UserId;
  readonly name: string;
  readonly standing: Standing;
  readonly pending: boolean;
  readonly trust: Trust;
  readonly gone?: boolean;
}

/**
 * Somebody, with the one or two things that can be done about it. `listed` is whether the directory says that they are
 * online, which counts for strangers alone.
 */
export function PersonRow(props: { person: Person; line?: string; listed?: boolean | undefined }) {
  const { person, line, listed } = props;
  const online = useOnline(person.id) ?? listed;
  return (
    <li class="person">
      <Avatar name={person.name} online={person.standing === 'blocked' ? undefined : online} />
      <div class="person-words">
        <span class="person-name marked-name">
          <bdi>{person.name}</bdi>
          {person.trust === 'verified' && <VerifiedMark />}
        </span>
        <span class="person-line">
          {person.pending ? (
            <>
              <PendingIcon />
              {sayPeople.pending}
            </>
          ) : (
            (line ?? words(person, online))
          )}
        </span>
      </div>
      <div class="person-actions">
        <PersonActions person={person} />
      </div>
    </li>
  );
}

/** Nothing is said where nothing is known. */
function words(person: Person, online: boolean | undefined): string {
  if (person.gone === true) return sayPeople.gone;
  if (person.standing === 'blocked') return sayPeople.blocked;
  if (person.standing === 'sent') return sayPeople.requested;
  if (online === undefined) return '';
  return online ? sayPeople.online : sayPeople.offline;
}

function PersonActions(props: { person: Person }) {
  const { actions } = useApp();
  const { id, name, standing, gone } = props.person;
  if (gone === true && standing !== 'blocked') return null;
  switch (standing) {
    case 'none':
      return (
        <Act label={sayPeople.addName(name)} onClick={() => void actions.requestFriend(id, name)} tone="soft">
          <AddIcon />
          {sayPeople.add}
        </Act>
      );
    case 'sent':
      return (
        <Act label={sayPeople.withdrawName(name)} onClick={() => void actions.removeFriend(id)}>
          {sayPeople.withdraw}
        </Act>
      );
    case 'received':
      return (
        <>
          <Act label={sayPeople.declineName(name)} onClick={() => void actions.rejectFriend(id)}>
            {sayPeople.decline}
          </Act>
          <Act
            label={sayPeople.acceptName(name)}
            onClick={() => void actions.acceptFriend(id)}
            tone="primary"
          >
            <AcceptIcon />
            {sayPeople.accept}
          </Act>
        </>
      );
    case 'blocked':
      return (
        <Act label={sayPeople.unblockName(name)} onClick={() => void actions.unblockPerson(id)}>
          {sayPeople.unblock}
        </Act>
      );
    case 'friends':
      return (
        <>
          <span class="person-state person-friend">
            <AcceptIcon />
            {sayPeople.friend}
          </span>
          <Act label={sayPeople.messageName(name)} onClick={() => actions.go({ panel: 'chats', peer: id })}>
            {sayPeople.message}
          </Act>
        </>
      );
  }
}

function Act(props: {
  label: string;
  onClick: () => void;
  tone?: 'primary' | 'soft';
  children: ComponentChildren;
}) {
  const tone = props.tone === undefined ? '' : ` button-${props.tone}`;
  return (
    <button
      type="button"
      class={`button button-small${tone}`}
      data-roving
      aria-label={props.label}
      onClick={props.onClick}
    >
      {props.children}
    </button>
  );
}

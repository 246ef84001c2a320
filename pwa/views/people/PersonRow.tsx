import type { ComponentChildren } from 'preact';
import type { UserId } from '#shared/ids.ts';
import { useApp } from '../app-context.ts';
import { Avatar } from '../parts/Avatar.tsx';
import { AcceptIcon, AddIcon, PendingIcon } from '../parts/icons.tsx';
import { say } from '../strings.ts';
import { useOnline } from '../use-online.ts';

export interface Person {
  readonly id: UserId;
  readonly name: string;
  readonly standing: 'none' | 'sent' | 'received' | 'friends';
  readonly pending: boolean;
}

/** Somebody, with the one or two things that can be done about it. */
export function PersonRow(props: { person: Person; line?: string }) {
  const { person, line } = props;
  const online = useOnline(person.id);
  return (
    <li class="person">
      <Avatar name={person.name} online={online} />
      <div class="person-words">
        <bdi class="person-name">{person.name}</bdi>
        <span class="person-line">
          {person.pending ? (
            <>
              <PendingIcon />
              {say.people.pending}
            </>
          ) : (
            (line ?? words(online))
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
function words(online: boolean | undefined): string {
  if (online === undefined) return '';
  return online ? say.people.online : say.people.offline;
}

function PersonActions(props: { person: Person }) {
  const { actions } = useApp();
  const { id, name, standing } = props.person;
  switch (standing) {
    case 'none':
      return (
        <Act
          label={say.people.addName(name)}
          onClick={() => void actions.requestFriend(id, name)}
          tone="soft"
        >
          <AddIcon />
          {say.people.add}
        </Act>
      );
    case 'sent':
      return <span class="person-state">{say.people.requested}</span>;
    case 'received':
      return (
        <>
          <Act label={say.people.declineName(name)} onClick={() => void actions.rejectFriend(id)}>
            {say.people.decline}
          </Act>
          <Act
            label={say.people.acceptName(name)}
            onClick={() => void actions.acceptFriend(id)}
            tone="primary"
          >
            <AcceptIcon />
            {say.people.accept}
          </Act>
        </>
      );
    case 'friends':
      return (
        <>
          <span class="person-state person-friend">
            <AcceptIcon />
            {say.people.friend}
          </span>
          <Act label={say.people.messageName(name)} onClick={() => actions.go({ panel: 'chats', peer: id })}>
            {say.people.message}
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

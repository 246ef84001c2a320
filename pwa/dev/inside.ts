import type { Models } from '../models/models.ts';
import type { Route } from '../models/shell.ts';
import { conversation } from './fake-messages.ts';
import { contacts, conversationRows, directory, me, mira, online } from './fake-people.ts';

/** Puts the models into a state of the gallery. */
export type Prepare = (models: Models) => void;

/** Somebody at home, with everything in place and nothing special going on. */
export function inside(route: Route, more: Prepare = () => {}): Prepare {
  return (models) => {
    const now = Date.now();
    models.session.phase.value = 'ready';
    models.session.me.value = me;
    models.status.link.value = 'live';
    models.people.contactsById.value = new Map(contacts.map((contact) => [contact.id, contact]));
    models.people.directory.value = directory;
    models.people.directoryState.value = 'loaded';
    models.people.online.value = online;
    models.people.typing.value = new Set(
      contacts.filter(({ name }) => name === 'jonas.weber').map(({ id }) => id),
    );
    models.conversations.rows.value = conversationRows(now);
    models.conversations.loaded.value = true;
    models.notices.leave.value = 'unasked';
    models.shell.route.value = route;
    models.shell.hintsDone.value = new Set(['offline', 'notices', 'install', 'safety']);
    models.timeline.peer.value = mira;
    models.timeline.draftRead.value = true;
    models.timeline.items.value = conversation(now);
    models.timeline.loaded.value = true;
    more(models);
  };
}

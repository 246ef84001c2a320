import { useComputed, useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import type { Models } from '../../models/models.ts';
import { useApp } from '../app-context.ts';
import { PeopleDrawing } from '../parts/PeopleDrawing.tsx';
import { EmptyState } from '../parts/EmptyState.tsx';
import { OfflineIcon, SearchIcon } from '../parts/icons.tsx';
import { PanelHeader } from '../parts/PanelHeader.tsx';
import { RowsSkeleton } from '../parts/RowsSkeleton.tsx';
import { useRoving } from '../parts/use-roving.ts';
import { LOCALE } from '../language.ts';
import { sayPeople } from '../strings/people.ts';
import { nameIn, textIn } from './person-link.ts';
import { PersonRow } from './PersonRow.tsx';
import type { Person } from './PersonRow.tsx';
import { useDirectory } from './use-directory.ts';

/** What the server can look for: the beginning of a name, of at least three letters. */
const PREFIX = /^[a-z0-9._-]{3,32}$/;

/** Everybody on this server as far as it tells, and the contacts known here in any case. */
export function People() {
  const { models } = useApp();
  const linked = useMemo(() => nameIn(location.search), []);
  // Nobody is among the others themselves.
  const isMe = linked === models.session.me.value?.name;
  const query = useSignal(isMe ? '' : (linked ?? textIn(location.search)));
  const everybody = useComputed(() => listEverybody(models));
  const state = models.people.directoryState.value;
  const list = useRoving<HTMLUListElement>();

  const wanted = query.value.trim().toLocaleLowerCase(LOCALE);
  const searchOnly = models.people.searchOnly.value;
  const prefix = PREFIX.test(wanted) ? wanted : '';
  const { asked, online, ask } = useDirectory(prefix);
  const hinting = searchOnly && prefix === '';
  const looking = state === 'loading' || prefix !== asked.value;

  const found = everybody.value.filter(({ name }) =>
    wanted === linked ? name === linked : name.toLocaleLowerCase(LOCALE).includes(wanted),
  );
  return (
    <section class="pane panel" aria-label={sayPeople.title}>
      <PanelHeader title={sayPeople.title} />
      <div class="pane-scroll">
        <div class="column">
          <div class="search">
            <SearchIcon />
            <input
              type="search"
              aria-label={sayPeople.search}
              placeholder={sayPeople.search}
              value={query.value}
              onInput={(event) => (query.value = event.currentTarget.value)}
            />
          </div>
          {state === 'failed' && (
            <div class="note">
              <OfflineIcon />
              <p>
                <strong>{sayPeople.failedTitle}</strong> {sayPeople.failed}
              </p>
              <button type="button" class="button button-small" onClick={ask}>
                {sayPeople.again}
              </button>
            </div>
          )}
          {found.length > 0 && (
            <ul class="people card" ref={list} aria-label={sayPeople.label}>
              {found.map((person) => (
                <PersonRow key={person.id} person={person} listed={online.value.get(person.id)} />
              ))}
            </ul>
          )}
          {state === 'loading' && everybody.value.length === 0 && <RowsSkeleton saying={sayPeople.loading} />}
          {hinting && (
            <EmptyState drawing={<PeopleDrawing />} title={sayPeople.hintTitle} text={sayPeople.hint} />
          )}
          {!hinting && !looking && found.length === 0 && wanted !== '' && (
            <EmptyState
              title={sayPeople.noMatchTitle}
              text={(searchOnly ? sayPeople.noMatchStart : sayPeople.noMatch)(query.value.trim())}
            />
          )}
          {!hinting && state === 'loaded' && everybody.value.length === 0 && wanted === '' && (
            <EmptyState drawing={<PeopleDrawing />} title={sayPeople.emptyTitle} text={sayPeople.empty} />
          )}
        </div>
      </div>
    </section>
  );
}

function listEverybody(models: Models): Person[] {
  const { directory, contactsById } = models.people;
  const self = models.session.me.value?.id;
  const byId = new Map<string, Person>();
  for (const { id, name } of directory.value) {
    byId.set(id, { id, name, standing: 'none', pending: false, trust: 'unverified' });
  }
  for (const contact of contactsById.value.values()) {
    if (contact.standing !== 'none' || contact.pending || !byId.has(contact.id))
      byId.set(contact.id, contact);
  }
  return [...byId.values()]
    .filter((person) => person.id !== self)
    .toSorted((a, b) => a.name.localeCompare(b.name, LOCALE, { sensitivity: 'base' }));
}

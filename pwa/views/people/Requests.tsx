import { useApp } from '../app-context.ts';
import { PeopleDrawing } from '../parts/PeopleDrawing.tsx';
import { EmptyState } from '../parts/EmptyState.tsx';
import { PanelHeader } from '../parts/PanelHeader.tsx';
import { useRoving } from '../parts/use-roving.ts';
import { sayPeople } from '../strings/people.ts';
import { PersonRow } from './PersonRow.tsx';

/** Friend requests: those that wait for an answer here, and those that wait for one elsewhere. */
export function Requests() {
  const { people } = useApp().models;
  const received = people.requests.value;
  const sent = [...people.contactsById.value.values()].filter((contact) => contact.standing === 'sent');
  const list = useRoving<HTMLDivElement>();
  return (
    <section class="pane panel" aria-label={sayPeople.requests.title}>
      <PanelHeader title={sayPeople.requests.title} />
      <div class="pane-scroll">
        <div class="column" ref={list}>
          {received.length > 0 && (
            <section>
              <h2 class="column-title">{sayPeople.requests.received}</h2>
              <ul class="people card">
                {received.map((person) => (
                  <PersonRow key={person.id} person={person} line={sayPeople.requests.receivedLine} />
                ))}
              </ul>
            </section>
          )}
          {sent.length > 0 && (
            <section>
              <h2 class="column-title">{sayPeople.requests.sent}</h2>
              <ul class="people card">
                {sent.map((person) => (
                  <PersonRow key={person.id} person={person} line={sayPeople.requests.sentLine} />
                ))}
              </ul>
            </section>
          )}
          {received.length === 0 && sent.length === 0 && (
            <EmptyState
              drawing={<PeopleDrawing />}
              title={sayPeople.requests.emptyTitle}
              text={sayPeople.requests.empty}
            />
          )}
        </div>
      </div>
    </section>
  );
}

import { useApp } from '../app-context.ts';
import { PeopleDrawing } from '../parts/drawings.tsx';
import { EmptyState } from '../parts/EmptyState.tsx';
import { PanelHeader } from '../parts/PanelHeader.tsx';
import { useRoving } from '../parts/use-roving.ts';
import { say } from '../strings.ts';
import { PersonRow } from './PersonRow.tsx';

/** Friend requests: those that wait for an answer here, and those that wait for one elsewhere. */
export function Requests() {
  const { people } = useApp().models;
  const received = people.requests.value;
  const sent = [...people.contactsById.value.values()].filter((contact) => contact.standing === 'sent');
  const list = useRoving<HTMLDivElement>();
  return (
    <section class="pane panel" aria-label={say.requests.title}>
      <PanelHeader title={say.requests.title} />
      <div class="pane-scroll">
        <div class="column" ref={list}>
          {received.length > 0 && (
            <section>
              <h2 class="column-title">{say.requests.received}</h2>
              <ul class="people card">
                {received.map((person) => (
                  <PersonRow key={person.id} person={person} line={say.requests.receivedLine} />
                ))}
              </ul>
            </section>
          )}
          {sent.length > 0 && (
            <section>
              <h2 class="column-title">{say.requests.sent}</h2>
              <ul class="people card">
                {sent.map((person) => (
                  <PersonRow key={person.id} person={person} line={say.requests.sentLine} />
                ))}
              </ul>
            </section>
          )}
          {received.length === 0 && sent.length === 0 && (
            <EmptyState
              drawing={<PeopleDrawing />}
              title={say.requests.emptyTitle}
              text={say.requests.empty}
            />
          )}
        </div>
      </div>
    </section>
  );
}

import { useApp } from '../app-context.ts';
import { PeopleDrawing } from '../parts/PeopleDrawing.tsx';
import { EmptyState } from '../parts/EmptyState.tsx';
import { useRoving } from '../parts/use-roving.ts';
import { PersonRow } from '../people/PersonRow.tsx';
import { saySettings } from '../strings/settings.ts';

/** Who can't reach this person, and the way to let them again. */
export function Blocked() {
  const { people } = useApp().models;
  const list = useRoving<HTMLUListElement>();
  const blocked = [...people.contactsById.value.values()].filter(({ standing }) => standing === 'blocked');
  if (blocked.length === 0) {
    return (
      <EmptyState
        drawing={<PeopleDrawing />}
        title={saySettings.blocked.emptyTitle}
        text={saySettings.blocked.empty}
      />
    );
  }
  return (
    <>
      <p class="help">{saySettings.blocked.help}</p>
      <ul class="people card" ref={list} aria-label={saySettings.blocked.label}>
        {blocked.map((person) => (
          <PersonRow key={person.id} person={person} />
        ))}
      </ul>
    </>
  );
}

import { useApp } from '../app-context.ts';
import { sayDoor } from '../strings/door.ts';

/** Tells a password manager whose password a form is about; nobody else needs it. */
export function AccountName() {
  const name = useApp().models.session.me.value?.name;
  return (
    <input
      class="visually-hidden"
      name="username"
      autocomplete="username"
      aria-label={sayDoor.username}
      tabIndex={-1}
      readOnly
      value={name}
    />
  );
}

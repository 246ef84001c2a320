import { useApp } from '../app-context.ts';

/** What others know of the person: a new password made of it is easy to guess. */
export function useOwnNames(): readonly string[] {
  const me = useApp().models.session.me.value;
  return me === null ? [] : [me.name];
}

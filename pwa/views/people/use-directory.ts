import { useComputed, useSignal, useSignalEffect } from '@preact/signals';
import type { ReadonlySignal } from '@preact/signals';
import { useCallback, useEffect, useRef } from 'preact/hooks';
import type { UserId } from '#shared/ids.ts';
import { useApp } from '../app-context.ts';

/** How long nothing is typed before the server is asked, in milliseconds. */
const TYPING = 250;
/** Nobody tells when a stranger comes or goes: what the server said of it is not repeated for longer, in milliseconds. */
const FRESH = 60_000;

interface Directory {
  /** What the server was asked for last; null before it was asked. */
  readonly asked: ReadonlySignal<string | null>;
  /** Whether those are online of whom the last answer tells, for as long as that is worth something. */
  readonly online: ReadonlySignal<ReadonlyMap<UserId, boolean>>;
  ask(): void;
}

/**
 * Asks the server who is there: on opening, when what is typed begins a name (`prefix`; empty for everybody), and when
 * somebody comes back to the page or the connection to the server.
 */
export function useDirectory(prefix: string): Directory {
  const { models, actions } = useApp();
  const { directory, directoryState, searchOnly } = models.people;
  const asked = useSignal<string | null>(null);
  const fresh = useSignal(false);
  /** The server has listed everybody, so it tells of everybody whether they are online. */
  const tells = useRef(false);

  const ask = useCallback(() => {
    asked.value = prefix;
    actions.loadDirectory(prefix === '' ? undefined : prefix);
  }, [actions, asked, prefix]);
  useEffect(() => {
    if (prefix === asked.peek()) return;
    const timer = setTimeout(ask, asked.peek() === null ? 0 : TYPING);
    return () => clearTimeout(timer);
  }, [ask, asked, prefix]);

  const latest = useRef(ask);
  latest.current = ask;
  const live = models.status.link.value === 'live';
  useEffect(() => {
    if (!live) return;
    const again = () => {
      // What failed is asked again anyway.
      if (tells.current && directoryState.peek() !== 'failed' && !document.hidden) latest.current();
    };
    again();
    document.addEventListener('visibilitychange', again);
    return () => document.removeEventListener('visibilitychange', again);
  }, [directoryState, live]);

  useSignalEffect(() => {
    const state = directoryState.value;
    if (asked.peek() === null || state === 'loading') return;
    // A server that lists people only by search calls strangers offline, whatever they are.
    if (state === 'loaded') tells.current ||= asked.peek() === '' && !searchOnly.peek();
    fresh.value = state === 'loaded' && tells.current;
    const timer = setTimeout(() => (fresh.value = false), FRESH);
    return () => clearTimeout(timer);
  });
  const online = useComputed((): ReadonlyMap<UserId, boolean> => {
    const told = fresh.value && models.status.link.value === 'live';
    const begin = asked.value ?? '';
    const listed = told ? directory.value.filter(({ name }) => name.startsWith(begin)) : [];
    return new Map(listed.map((person) => [person.id, person.online]));
  });
  return { asked, online, ask };
}

import { useComputed, useSignal, useSignalEffect } from '@preact/signals';
import { useCallback, useMemo } from 'preact/hooks';
import type { Actions } from '../controllers/actions.ts';
import type { Models } from '../models/models.ts';
import '../styles/index.css';
import { AppContextProvider } from './app-context.ts';
import { Announcer } from './parts/Announcer.tsx';
import type { Announcement } from './parts/Announcer.tsx';
import { later } from './later.tsx';
import { Shell } from './shell/Shell.tsx';
import { say } from './strings.ts';
import { usePageFrame } from './use-page-frame.ts';
import { useMidnight } from './use-today.ts';

const CallLayer = later(async () => (await import('./calls/CallLayer.tsx')).CallLayer);
/** Most starts find somebody signed in already. */
const Door = later(async () => (await import('./door/Door.tsx')).Door);
const LockScreen = later(async () => (await import('./door/LockScreen.tsx')).LockScreen);
const RecoveryCode = later(async () => (await import('./door/RecoveryCode.tsx')).RecoveryCode);
const Unusable = later(async () => (await import('./door/Unusable.tsx')).Unusable);

/** The door is fetched before the first drawing, which would be an empty one otherwise. */
export const fetchFirst = async ({ session }: Models): Promise<void> =>
  session.phase.peek() === 'signed-out' ? Door.preload() : undefined;

/** Sentences that stay in the live region; older ones have been spoken. */
const KEPT_ANNOUNCEMENTS = 5;

/** The whole face of the app: a picture of the models, calling the actions. */
export function App(props: { models: Models; actions: Actions }) {
  const { models, actions } = props;
  const { phase, me, error } = models.session;
  const announcements = useSignal<readonly Announcement[]>([]);
  const speak = useCallback(
    (text: string) => {
      const said = announcements.peek();
      const id = (said.at(-1)?.id ?? 0) + 1;
      announcements.value = [...said.slice(1 - KEPT_ANNOUNCEMENTS), { id, text }];
    },
    [announcements],
  );
  // An answer may come when its screen is gone: then nobody is there whom it may be told.
  const announce = useCallback(
    (text: string) => {
      if (phase.peek() === 'ready' || phase.peek() === 'entering') speak(text);
    },
    [phase, speak],
  );
  const inside = useComputed(
    () => me.value !== null && (phase.value === 'ready' || phase.value === 'entering'),
  );
  const app = useMemo(() => ({ models, actions, announce }), [models, actions, announce]);

  usePageFrame(models);
  useMidnight();
  useSignalEffect(() => {
    if (error.value !== null) speak(say.error(error.value));
  });
  // What was spoken inside is not left behind for whoever stands before the lock or the door.
  useSignalEffect(() => {
    if (!inside.value) announcements.value = [];
  });

  return (
    <AppContextProvider.Provider value={app}>
      <Screen models={models} />
      {inside.value && <Calls models={models} />}
      <Announcer announcements={announcements} />
    </AppContextProvider.Provider>
  );
}

/** Nothing of calls is loaded before there is one. */
function Calls(props: { models: Models }) {
  const { current, incoming, elsewhere } = props.models.calls;
  return (current.value ?? incoming.value ?? elsewhere.value) === null ? null : <CallLayer />;
}

function Screen(props: { models: Models }) {
  const { session, account } = props.models;
  const { phase, me } = session;
  switch (phase.value) {
    case 'starting':
      // What index.html shows is still there.
      return null;
    case 'locked':
      return <LockScreen />;
    case 'unusable':
      return <Unusable />;
    case 'signed-out':
      return <Door />;
    case 'entering':
      // Somebody who signs in again keeps what they were doing on the screen.
      return me.value === null ? <Door /> : <Shell />;
    case 'ready':
      return account.recoveryCode.value === null ? <Shell /> : <RecoveryCode />;
  }
}

import type { Actions } from './actions.ts';
import type { Inside, Room } from './inside.ts';
import type { LaterDeps, LaterWork } from './later-work.ts';
import { load } from './load.ts';

/** What nothing on the first screen waits for, in one part that is fetched behind it. */
export interface LaterRooms extends Room, Pick<Actions, 'setNotices' | 'setPreview'> {
  /** Somebody went out: nothing of theirs is shown any more, and this device is not woken for them. */
  forget(): void;
}

/** What the first screen needs comes first, in milliseconds. */
const SOON_MS = 300;

export function createLaterRooms(deps: LaterDeps): LaterRooms {
  let loading: Promise<LaterWork> | null = null;
  let work: LaterWork | null = null;
  let inside: Inside | null = null;

  async function withWork(task: (at: LaterWork) => unknown): Promise<void> {
    try {
      loading ??= load(import('./later-work.ts')).then(({ createLaterWork }) => createLaterWork(deps));
      work = await loading;
      await task(work);
    } catch (error) {
      if (work === null) loading = null;
      deps.report(error);
    }
  }

  return {
    enter(now) {
      inside = now;
      const begin = () => withWork((at) => inside === now && at.enter(now));
      setTimeout(() => inside === now && begin(), SOON_MS);
    },
    leave() {
      inside = null;
      work?.leave();
    },
    forget: () => void withWork((at) => at.forget()),
    setNotices: (on) => withWork((at) => at.setNotices(on)),
    setPreview: (preview) => void withWork((at) => at.setPreview(preview)),
  };
}

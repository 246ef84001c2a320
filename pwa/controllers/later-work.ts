import { createBackgroundSync } from './background-sync.ts';
import type { Inside } from './inside.ts';
import { createKeyringSync } from './keyring-sync.ts';
import { type NoticesDeps, type NoticesWork, createNoticesWork } from './notices-work.ts';

export type LaterDeps = NoticesDeps;
export type LaterWork = NoticesWork;

/** What waits is sent, keyrings are kept in step, and what comes in is told: while nobody waits for it. */
export function createLaterWork(deps: LaterDeps): LaterWork {
  const rooms = [createKeyringSync(deps), createBackgroundSync(deps.models)];
  const notices = createNoticesWork(deps);
  return {
    ...notices,
    enter(now: Inside) {
      for (const room of rooms) room.enter(now);
      return notices.enter(now);
    },
    leave() {
      for (const room of rooms) room.leave();
      notices.leave();
    },
  };
}

import { Failure } from '#shared/errors.ts';
import type { Api } from '../transport/http.ts';
import { note } from './log.ts';

/** Set while a session that was left without a network is still open at the server. */
const OWED = 'nexchat-log-out-owed';

export interface OwedLogOut {
  /** Ends the session whose cookie this browser holds: now, or when the server can be reached again. */
  end(): Promise<void>;
  /** Ends what is owed, if anything. Before somebody comes in, or their new session would be the one that ends. */
  settle(): Promise<void>;
  /** Somebody came in, and their cookie has taken the place of the old one: ending that would end theirs. */
  forget(): void;
}

export function createOwedLogOut(api: Pick<Api, 'logOut'>): OwedLogOut {
  async function settle(): Promise<void> {
    if (localStorage.getItem(OWED) === null) return;
    try {
      await api.logOut();
      localStorage.removeItem(OWED);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      note('the server was not told of the log-out yet', error);
    }
  }

  return {
    async end() {
      localStorage.setItem(OWED, 'yes');
      await settle();
    },
    settle,
    forget: () => localStorage.removeItem(OWED),
  };
}

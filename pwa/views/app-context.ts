import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Actions } from '../controllers/actions.ts';
import type { Models } from '../models/models.ts';

/** What every view may reach: the models it draws, what a person can do, and the one polite voice. */
export interface AppContext {
  readonly models: Models;
  readonly actions: Actions;
  /** Speaks one sentence to assistive technology, politely. */
  readonly announce: (text: string) => void;
}

export const AppContextProvider = createContext<AppContext | null>(null);

export function useApp(): AppContext {
  const app = useContext(AppContextProvider);
  if (app === null) throw new Error('A view was drawn outside of <App>');
  return app;
}

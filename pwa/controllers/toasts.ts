import { Failure } from '#shared/errors.ts';
import type { ShellModel, Toast } from '../models/shell.ts';
import { complain } from './log.ts';

/** Short notes. How long one can be read is the view's business, which dismisses it then. */
export interface Toasts {
  show(tone: Toast['tone'], text: string): void;
  dismiss(id: number): void;
  /**
   * The one place where errors end: logged for the developer, shown to the person. An expected Failure says what can
   * be done; anything else is a bug of ours.
   */
  report(error: unknown): void;
}

const MOST = 4;
const BUG = 'Something went wrong in the app. Reload it if this happens again.';

export function createToasts(shell: Pick<ShellModel, 'toasts'>): Toasts {
  let nextId = 1;

  function dismiss(id: number): void {
    shell.toasts.value = shell.toasts.value.filter((toast) => toast.id !== id);
  }

  function show(tone: Toast['tone'], text: string): void {
    // The same note twice is one note that comes again.
    const others = shell.toasts.value.filter((toast) => toast.text !== text);
    shell.toasts.value = [...others, { id: nextId++, tone, text }].slice(-MOST);
  }

  return {
    show,
    dismiss,
    report(error) {
      complain(error);
      show('error', error instanceof Failure ? error.message : BUG);
    },
  };
}

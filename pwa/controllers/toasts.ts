import { Failure } from '#shared/errors.ts';
import type { Remark, ShellModel, Toast } from '../models/shell.ts';
import { complain } from './log.ts';

/** Short notes. How long one can be read is the view's business, which dismisses it then. */
export interface Toasts {
  show(tone: Toast['tone'], says: Remark): void;
  dismiss(id: number): void;
  /**
   * The one place where errors end: logged for the developer, shown to the person. An expected Failure says what can
   * be done; anything else is a bug of ours.
   */
  report(error: unknown): void;
}

const MOST = 4;

export function createToasts(shell: Pick<ShellModel, 'toasts'>): Toasts {
  let nextId = 1;

  function dismiss(id: number): void {
    shell.toasts.value = shell.toasts.value.filter((toast) => toast.id !== id);
  }

  function show(tone: Toast['tone'], says: Remark): void {
    // The same note twice is one note that comes again.
    const others = shell.toasts.value.filter((toast) => !isSame(toast.says, says));
    shell.toasts.value = [...others, { id: nextId++, tone, says }].slice(-MOST);
  }

  return {
    show,
    dismiss,
    report(error) {
      complain(error);
      show('error', error instanceof Failure ? { what: 'failure', code: error.code } : { what: 'bug' });
    },
  };
}

/** Remarks are plain data. */
const isSame = (one: Remark, other: Remark) => JSON.stringify(one) === JSON.stringify(other);

import { useSignal } from '@preact/signals';
import type { ReadonlySignal } from '@preact/signals';
import type { ErrorCode } from '#shared/errors.ts';
import { useApp } from './app-context.ts';
import { say } from './strings.ts';

interface Attempt {
  readonly busy: ReadonlySignal<boolean>;
  /** Why the last one failed, where the reason was not said elsewhere. */
  readonly error: ReadonlySignal<ErrorCode | null>;
  /** Does what resolves with whether it succeeded; one at a time. */
  run(act: () => Promise<boolean>): Promise<boolean>;
}

/** One form's own view of what it does to the account: several forms share a screen, and one reason in the model. */
export function useAttempt(): Attempt {
  const { models, announce } = useApp();
  const busy = useSignal(false);
  const error = useSignal<ErrorCode | null>(null);
  return {
    busy,
    error,
    async run(act) {
      if (busy.value) return false;
      busy.value = true;
      error.value = null;
      try {
        const done = await act();
        error.value = done ? null : models.account.error.value;
        if (error.value !== null) announce(say.error(error.value));
        return done;
      } finally {
        busy.value = false;
      }
    },
  };
}

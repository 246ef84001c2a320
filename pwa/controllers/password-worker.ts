import { type ErrorCode, Failure } from '#shared/errors.ts';
import { type SafeKdf, type StretchedPassword, stretchPassword } from '#shared/crypto/password.ts';

/** Stretches one password away from the page, so that the page stays alive meanwhile. */
export interface StretchJob {
  readonly password: string;
  readonly username: string;
  readonly kdf: SafeKdf;
}
export type StretchOutcome =
  | { readonly ok: true; readonly value: StretchedPassword }
  | { readonly ok: false; readonly code: ErrorCode; readonly detail: string };

self.addEventListener('message', (event: MessageEvent<StretchJob>) => {
  const { password, username, kdf } = event.data;
  stretchPassword(password, username, kdf).then(
    (value) => answer({ ok: true, value }),
    (error: unknown) => {
      const code = error instanceof Failure ? error.code : 'INTERNAL';
      answer({ ok: false, code, detail: String(error) });
    },
  );
});

function answer(outcome: StretchOutcome): void {
  self.postMessage(outcome);
}

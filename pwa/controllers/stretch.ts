import type { SafeKdf, StretchedPassword } from '#shared/crypto/password.ts';
import { Failure } from '#shared/errors.ts';
import { PASSWORD_WORKER, trustedScript } from '../transport/trusted-scripts.ts';
import type { StretchJob, StretchOutcome } from './password-worker.ts';

/** Stretches a password in a worker of its own, which ends with it. Takes a tenth of a second to some seconds. */
export async function stretchInWorker(
  password: string,
  username: string,
  kdf: SafeKdf,
): Promise<StretchedPassword> {
  const worker = new Worker(trustedScript(PASSWORD_WORKER), { type: 'module' });
  try {
    return await new Promise<StretchedPassword>((resolve, reject) => {
      worker.addEventListener('message', (event: MessageEvent<StretchOutcome>) => {
        const outcome = event.data;
        if (outcome.ok) resolve(outcome.value);
        else reject(new Failure(outcome.code, outcome.detail));
      });
      worker.addEventListener('error', (event) => reject(new Error(`password worker: ${event.message}`)));
      worker.postMessage({ password, username, kdf } satisfies StretchJob);
    });
  } finally {
    worker.terminate();
  }
}

import { type ErrorCode, Failure } from '#shared/errors.ts';
import type { AccountModel } from '../models/account.ts';

/**
 * Sends what makes a new recovery code valid. It is in the model before: when the answer gets lost, it is the one that
 * counts if the server took it.
 */
export type NewCode = <T>(code: string, send: () => Promise<T>) => Promise<T>;

/** The server, or the way to it, failed: what was asked for may have happened. */
const UNKNOWN: ReadonlySet<ErrorCode> = new Set(['OFFLINE', 'UNAVAILABLE', 'INTERNAL']);

export const createNewCode =
  ({ recoveryCode, recoveryUnsure }: Pick<AccountModel, 'recoveryCode' | 'recoveryUnsure'>): NewCode =>
  async (code, send) => {
    const [before, wasUnsure] = [recoveryCode.value, recoveryUnsure.value];
    recoveryUnsure.value = true;
    recoveryCode.value = code;
    try {
      const answer = await send();
      recoveryUnsure.value = false;
      return answer;
    } catch (error) {
      // Refused: the one before, if it still waits to be written down, is the one that may count.
      if (error instanceof Failure && !UNKNOWN.has(error.code))
        [recoveryCode.value, recoveryUnsure.value] = [before, wasUnsure];
      throw error;
    }
  };

import type { ErrorCode } from '#shared/errors.ts';
import { saySettings } from '../strings/settings.ts';

/** Inside, the username can't be what is wrong. Null for other failures, which have their own sentences. */
export function wrongPassword(code: ErrorCode | null): string | null {
  return code === 'BAD_CREDENTIALS' ? saySettings.wrongPassword : null;
}

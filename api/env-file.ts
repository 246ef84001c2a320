import { existsSync } from 'node:fs';
import { EXIT, Refusal } from './refusal.ts';

/** Takes settings from `.env` in the working directory, if there is one. What says why it can't be read is returned. */
export function readEnvFile(): Refusal | undefined {
  if (!existsSync('.env')) return undefined;
  try {
    process.loadEnvFile('.env');
    return undefined;
  } catch (error) {
    return new Refusal(
      EXIT.settings,
      `The file .env in ${process.cwd()} can't be read. Let this user read it, or move what is there away.`,
      error,
    );
  }
}

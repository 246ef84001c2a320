import type { Context } from 'koa';
import { Failure } from '#shared/errors.ts';
import { type Limits, mustHaveLeft } from './limits.ts';
import { networkOf } from './network.ts';

export interface Guesser {
  readonly username: string;
  /** What wrong tries count against wherever they come from; `holds` is whether too many of them stop this one. */
  readonly anywhere: { readonly key: string; readonly holds: boolean } | null;
}

/**
 * What `attempt` opens by a password or code. Throws BAD_CREDENTIALS when it opens nothing, and RATE_LIMITED instead of
 * trying when too much was wrong before.
 */
export async function prove<T>(
  ctx: Context,
  { guessesHere, guessesAnywhere }: Limits,
  { username, anywhere }: Guesser,
  attempt: () => T | null | Promise<T | null>,
): Promise<T> {
  const here = `${networkOf(ctx.ip)} ${username}`;
  await mustHaveLeft(ctx, guessesHere, here);
  if (anywhere?.holds) await mustHaveLeft(ctx, guessesAnywhere, anywhere.key);
  const proved = await attempt();
  if (proved === null) {
    await guessesHere.penalty(here);
    if (anywhere) await guessesAnywhere.penalty(anywhere.key);
    throw new Failure('BAD_CREDENTIALS');
  }
  await guessesHere.delete(here);
  return proved;
}

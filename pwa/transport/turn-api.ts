import { type TurnResponse, turnResponse } from '#shared/schema/http.ts';
import type { Timers } from '#sync/client/ports.ts';
import type { Api } from './http.ts';
import type { Tokens } from './tokens.ts';

/** The servers that help two devices to find a way to each other. */
export interface Turn {
  /** Those of a while ago, as long as their credentials are good. Rejects with a Failure. */
  servers(): Promise<TurnResponse>;
}

interface TurnDeps {
  readonly api: Pick<Api, 'call'>;
  readonly tokens: Pick<Tokens, 'current'>;
  readonly timers: Timers;
}

/** Credentials with less than this part of their life left are asked for anew. */
const LAST_PART = 0.2;

export function createTurn({ api, tokens, timers }: TurnDeps): Turn {
  let held: Promise<TurnResponse> | null = null;

  async function ask(): Promise<TurnResponse> {
    const token = await tokens.current();
    return api.call({ method: 'GET', path: '/api/turn', token, answer: turnResponse });
  }

  return {
    servers() {
      if (held !== null) return held;
      const asked = ask();
      const forget = () => {
        if (held === asked) held = null;
      };
      held = asked;
      asked.then(({ ttl }) => timers.after(ttl * 1000 * (1 - LAST_PART), forget), forget);
      return asked;
    },
  };
}

import type { CurrentCall } from '../../models/calls.ts';
import { useApp } from '../app-context.ts';
import { Avatar } from '../parts/Avatar.tsx';
import { say } from '../strings.ts';
import { sayCalls } from '../strings/calls.ts';
import { MediaMark } from './marks.tsx';

/** Why a call is over, and what one may want to do about it. */
export function Ended(props: { call: CurrentCall }) {
  const { actions } = useApp();
  const { call } = props;
  const again = () => {
    actions.dismissCall();
    actions.call(call.peer, call.media);
  };
  const more = sayMore(call);
  return (
    <div class="call-sheet call-ended">
      <Avatar name={call.name} size="large" />
      <div class="call-ended-words">
        <h1>{endingOf(call)}</h1>
        {more !== null && <p>{more}</p>}
      </div>
      <div class="call-sheet-buttons">
        <button type="button" class="button" onClick={() => actions.dismissCall()}>
          {say.close}
        </button>
        {call.ending !== 'elsewhere' && (
          <button type="button" class="button button-primary" onClick={again}>
            <MediaMark media={call.media} />
            {sayCalls.again}
          </button>
        )}
      </div>
    </div>
  );
}

/** How it ended, in a few words. */
export function endingOf({ ending, error, since, name }: CurrentCall): string {
  // Where the two had not found each other, there is an error that says why.
  if (ending === 'failed' && since !== null && error === null) return sayCalls.cutOff;
  return ending === null ? sayCalls.phase.ended() : sayCalls.ending[ending](name);
}

function sayMore({ ending, error, mine }: CurrentCall): string | null {
  if (error !== null) return say.error(error);
  if (ending === 'elsewhere') return sayCalls.goesOn;
  return mine && (ending === 'no-answer' || ending === 'busy') ? sayCalls.missedYou : null;
}

import '../../styles/calls.css';
import type { UserId } from '#shared/ids.ts';
import type { TimelineCall } from '../../models/timeline.ts';
import { useApp } from '../app-context.ts';
import { DayLine } from '../chats/DayLine.tsx';
import type { CallRow } from '../chats/rows.ts';
import { useFriend } from '../chats/use-friend.ts';
import { clockTime, fullTime } from '../format.ts';
import { say } from '../strings.ts';
import { sayCalls } from '../strings/calls.ts';
import { CallButton } from './CallButton.tsx';
import { CallMark, MediaMark } from './marks.tsx';
import { isMissed } from '../../models/is-missed.ts';
import { whyNot } from './why-not.ts';

/** A call at its place between the messages, with the way back to whoever it was. */
export function CallLine(props: { row: CallRow }) {
  const { models } = useApp();
  const { call, day } = props.row;
  const peer = models.timeline.peer.value;
  const outcome = sayCalls.outcome(call);
  return (
    <>
      <DayLine day={day} />
      <div class="message call-line" data-mine={call.mine} data-first data-last>
        <div class="call-card" data-missed={isMissed(call)}>
          <span class="call-card-mark">
            <CallMark call={call} />
          </span>
          <p class="call-card-words">
            <span class="call-card-what">{say.list.call(call)}</span>
            <span class="call-card-how">
              {outcome !== null && `${outcome} · `}
              <time dateTime={new Date(call.at).toISOString()} title={fullTime(call.at)}>
                {clockTime(call.at)}
              </time>
            </span>
          </p>
          {peer !== null && <Back peer={peer} call={call} />}
        </div>
      </div>
    </>
  );
}

function Back(props: { peer: UserId; call: TimelineCall }) {
  const { models } = useApp();
  const friend = useFriend(props.peer);
  const { media, mine } = props.call;
  return (
    <CallButton
      peer={friend.id}
      name={friend.name}
      media={media}
      why={whyNot(models, friend)}
      class="button button-small call-back"
      words={mine ? sayCalls.again : sayCalls.back}
    >
      <MediaMark media={media} />
    </CallButton>
  );
}

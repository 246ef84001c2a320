import type { CurrentCall } from '../../models/calls.ts';
import { useApp } from '../app-context.ts';
import { say } from '../strings.ts';
import { sayCalls } from '../strings/calls.ts';
import { Control, Controls } from './Controls.tsx';
import { Emoji } from './Emoji.tsx';
import { MinimiseIcon, MutedIcon, ShareIcon } from './icons.tsx';
import { Picture } from './Picture.tsx';
import { SelfView } from './SelfView.tsx';
import { Timer } from './Timer.tsx';
import { Voice } from './Voice.tsx';

/** A call from its start to its end: theirs over the whole screen, what one does with it at the edges. */
export function Stage(props: { call: CurrentCall; shown: boolean }) {
  const { models } = useApp();
  const { call, shown } = props;
  const { mine, theirs, myPicture, theirPicture, theirVoice, poppedOut, emoji } = models.calls;
  const answered = call.since !== null;
  return (
    <>
      {shown && theirPicture.value !== null ? (
        <div class="call-picture" data-screen={theirs.value.screen} data-lost={call.phase === 'reconnecting'}>
          <Picture stream={theirPicture.value} />
        </div>
      ) : (
        <Voice name={call.name} stream={theirVoice.value} waiting={!answered} />
      )}
      <div class="call-top">
        <header class="call-head">
          <div class="call-words">
            <h1>
              <bdi>{call.name}</bdi>
            </h1>
            <Line call={call} />
          </div>
          {emoji.value !== null && answered && <Emoji emoji={emoji.value} name={call.name} />}
          <ToMessages call={call} />
        </header>
        <ul class="call-remarks">
          {call.phase === 'live' && !theirs.value.microphone && (
            <li>
              <MutedIcon />
              {sayCalls.theyAreMuted(call.name)}
            </li>
          )}
          {theirs.value.screen && !shown && (
            <li>
              <ShareIcon />
              {sayCalls.theirScreen(call.name)}
            </li>
          )}
          {mine.value.screen && (
            <li>
              <ShareIcon />
              {sayCalls.myScreen}
            </li>
          )}
          {poppedOut.value && <li>{sayCalls.poppedOut}</li>}
          {call.error !== null && <li class="call-trouble">{say.error(call.error)}</li>}
        </ul>
      </div>
      {(mine.value.camera || mine.value.screen) && myPicture.value !== null && (
        <SelfView stream={myPicture.value} />
      )}
      <Controls answered={answered} />
    </>
  );
}

/** Back to the messages, with how many new ones there are of whom one speaks to. */
function ToMessages(props: { call: CurrentCall }) {
  const { models, actions } = useApp();
  const { peer, name } = props.call;
  const unread = models.conversations.rows.value.find((row) => row.peer === peer)?.unread ?? 0;
  return (
    <Control
      label={unread === 0 ? sayCalls.minimise : sayCalls.minimiseNew(unread, name)}
      onClick={() => actions.setCallMinimised(true)}
    >
      <MinimiseIcon />
      {unread > 0 && <span class="badge">{say.list.badge(unread)}</span>}
    </Control>
  );
}

/** How far it is, for how long, how good, and which way. */
function Line(props: { call: CurrentCall }) {
  const { quality, relayed } = useApp().models.calls;
  const { phase, since, name } = props.call;
  const words = phase === 'live' ? quality.value && sayCalls.quality[quality.value] : null;
  return (
    <p class="call-line-words" data-phase={phase} data-quality={quality.value}>
      {phase !== 'live' && <span>{sayCalls.phase[phase](name)}</span>}
      {since !== null && phase !== 'reconnecting' && <Timer since={since} />}
      {words !== null && <span class="call-quality">{words}</span>}
      {relayed.value && phase === 'live' && <span>{sayCalls.relayed}</span>}
    </p>
  );
}

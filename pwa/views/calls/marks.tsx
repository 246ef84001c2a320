import type { TimelineCall } from '../../models/timeline.ts';
import { CallsIcon } from '../parts/icons.tsx';
import { IncomingCallIcon, MissedCallIcon, OutgoingCallIcon, VideoIcon } from '../parts/more-icons.tsx';
import { isMissed } from '../../models/is-missed.ts';

/** Whether a call came in, went out, or was missed. */
export function CallMark(props: { call: Pick<TimelineCall, 'mine' | 'status'> }) {
  if (isMissed(props.call)) return <MissedCallIcon />;
  return props.call.mine ? <OutgoingCallIcon /> : <IncomingCallIcon />;
}

/** A telephone or a camera. */
export function MediaMark(props: { media: TimelineCall['media'] }) {
  return props.media === 'video' ? <VideoIcon /> : <CallsIcon />;
}

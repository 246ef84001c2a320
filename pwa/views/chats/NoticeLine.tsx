import type { TimelineNotice } from '../../models/timeline.ts';
import { fullTime } from '../format.ts';
import { InfoIcon, VerifiedIcon, WarningIcon } from '../parts/icons.tsx';
import { sayChat } from '../strings/chat.ts';

const ICONS = {
  'identity-changed': WarningIcon,
  'identity-accepted': InfoIcon,
  verified: VerifiedIcon,
  unverified: InfoIcon,
  'messages-missing': WarningIcon,
} as const satisfies Record<TimelineNotice['kind'], unknown>;

/** What the app itself remarks between messages. */
export function NoticeLine(props: { notice: TimelineNotice; name: string }) {
  const { kind, at } = props.notice;
  const Icon = ICONS[kind];
  return (
    <p class="remark" data-kind={kind}>
      <span title={fullTime(at)}>
        <Icon />
        <span>{sayChat.notice[kind](props.name)}</span>
      </span>
    </p>
  );
}

import '../../styles/calls.css';
import type { CallLogItem } from '../../models/calls.ts';
import { useApp } from '../app-context.ts';
import { clockTime, dayName, dayOf, fullTime } from '../format.ts';
import { Avatar } from '../parts/Avatar.tsx';
import { EmptyState } from '../parts/EmptyState.tsx';
import { PanelHeader } from '../parts/PanelHeader.tsx';
import { RowsSkeleton } from '../parts/RowsSkeleton.tsx';
import { useRoving } from '../parts/use-roving.ts';
import { say } from '../strings.ts';
import { sayCalls } from '../strings/calls.ts';
import { today } from '../use-today.ts';
import { CallButton } from './CallButton.tsx';
import { CallDrawing } from './CallDrawing.tsx';
import { CallMark, MediaMark } from './marks.tsx';
import { isMissed } from '../../models/is-missed.ts';
import { useCallee } from './use-callee.ts';

/** All calls with everybody, newest first, by day. */
export function CallList() {
  const { models, actions } = useApp();
  const { history, historyLoaded, hasMoreHistory } = models.calls;
  const list = useRoving<HTMLDivElement>();
  const days = byDay(history.value);
  return (
    <section class="pane panel" aria-label={sayCalls.label}>
      <PanelHeader title={sayCalls.title} />
      <div class="pane-scroll">
        <div class="column" ref={list}>
          {days.map(([day, calls]) => (
            <section key={day}>
              <h2 class="column-title">{dayName(day, today.value)}</h2>
              <ul class="people card">
                {calls.map((call) => (
                  <CallLogRow key={call.id} call={call} />
                ))}
              </ul>
            </section>
          ))}
          {hasMoreHistory.value && (
            <button type="button" class="button" onClick={() => actions.loadMoreCalls()}>
              {sayCalls.more}
            </button>
          )}
          {!historyLoaded.value && <RowsSkeleton saying={sayCalls.loading} />}
          {historyLoaded.value && days.length === 0 && (
            <EmptyState drawing={<CallDrawing />} title={sayCalls.emptyTitle} text={sayCalls.empty} />
          )}
        </div>
      </div>
    </section>
  );
}

/** Those of one day together; both newest first. */
function byDay(calls: readonly CallLogItem[]): [day: number, calls: CallLogItem[]][] {
  const days = new Map<number, CallLogItem[]>();
  for (const call of calls) {
    const day = dayOf(call.at);
    days.set(day, [...(days.get(day) ?? []), call]);
  }
  return [...days];
}

function CallLogRow(props: { call: CallLogItem }) {
  const { actions } = useApp();
  const { call } = props;
  const why = useCallee(call.peer, call.name);
  const outcome = sayCalls.outcome(call);
  return (
    <li class="person call-row" data-missed={isMissed(call)} data-fresh={call.fresh}>
      <button
        type="button"
        class="call-row-who"
        data-roving
        title={sayCalls.open}
        onClick={() => actions.go({ panel: 'chats', peer: call.peer })}
      >
        <Avatar name={call.name} />
        <span class="person-words">
          <span class="call-row-head">
            <span class="person-name">
              <bdi>{call.name}</bdi>
              {call.fresh && <span class="visually-hidden">, {say.nav.badge(1)}</span>}
            </span>
            <time class="item-time" dateTime={new Date(call.at).toISOString()} title={fullTime(call.at)}>
              {clockTime(call.at)}
            </time>
          </span>
          <span class="person-line">
            <CallMark call={call} />
            <span class="call-row-what">
              <span>{say.list.call(call)}</span>
              {outcome !== null && <span>{outcome}</span>}
            </span>
          </span>
        </span>
      </button>
      <CallButton peer={call.peer} name={call.name} media={call.media} why={why} class="icon-button" roving>
        <MediaMark media={call.media} />
      </CallButton>
    </li>
  );
}

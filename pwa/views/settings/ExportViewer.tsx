import { useSignal } from '@preact/signals';
import type { ExportContent, ExportConversation } from '../../models/account.ts';
import { clockTime, fullTime, longDay, dayOf } from '../format.ts';
import { Avatar } from '../parts/Avatar.tsx';
import { BackIcon } from '../parts/icons.tsx';
import { NextIcon } from '../parts/more-icons.tsx';
import { useFocusHere } from '../parts/use-focus-here.ts';
import { useRoving } from '../parts/use-roving.ts';
import { saySettings } from '../strings/settings.ts';

/** How many messages are drawn at once; more come when asked for. */
const STEP = 300;

/** An exported file, for reading: its conversations, and the messages of one. Text only, and nothing to press in it. */
export function ExportViewer(props: { content: ExportContent; onClose: () => void }) {
  const { content, onClose } = props;
  const open = useSignal<number | null>(null);
  const chosen = open.value === null ? undefined : content.conversations[open.value];
  return chosen === undefined ? (
    <Conversations content={content} onOpen={(index) => (open.value = index)} onClose={onClose} />
  ) : (
    <Messages conversation={chosen} onBack={() => (open.value = null)} />
  );
}

function Conversations(props: {
  content: ExportContent;
  onOpen: (index: number) => void;
  onClose: () => void;
}) {
  const { username, made, conversations } = props.content;
  const heading = useFocusHere<HTMLHeadingElement>();
  const list = useRoving<HTMLUListElement>();
  const words = saySettings.viewer;
  return (
    <>
      <div class="viewer-head">
        <div>
          <h2 ref={heading} tabIndex={-1} data-heading>
            {words.title(username)}
          </h2>
          <p class="help">{words.made(longDay(made))}</p>
        </div>
        <button type="button" class="button" onClick={props.onClose}>
          {words.close}
        </button>
      </div>
      {conversations.length === 0 && <p class="help">{words.none}</p>}
      {conversations.length > 0 && (
        <ul class="card sections" ref={list} aria-label={words.label}>
          {conversations.map(({ name, messages }, index) => (
            <li key={index}>
              <button type="button" class="section-row" data-roving onClick={() => props.onOpen(index)}>
                <Avatar name={name} />
                <span class="section-words">
                  <bdi class="section-name">{name}</bdi>
                  <span class="section-line">{words.messages(messages.length)}</span>
                </span>
                <NextIcon />
              </button>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function Messages(props: { conversation: ExportConversation; onBack: () => void }) {
  const { name, messages } = props.conversation;
  const shown = useSignal(STEP);
  const heading = useFocusHere<HTMLHeadingElement>();
  const words = saySettings.viewer;
  const from = Math.max(0, messages.length - shown.value);
  const visible = messages.slice(from);
  return (
    <>
      <div class="viewer-head">
        <h2 ref={heading} tabIndex={-1} data-heading>
          <bdi>{name}</bdi>
        </h2>
        <button type="button" class="button" onClick={props.onBack}>
          <BackIcon />
          {words.back}
        </button>
      </div>
      {from > 0 && (
        <button type="button" class="button button-soft" onClick={() => (shown.value += STEP)}>
          {words.earlier(Math.min(STEP, from))}
        </button>
      )}
      <div class="viewer-messages">
        {visible.map(({ mine, at, text }, index) => {
          const before = visible[index - 1];
          return (
            <div key={from + index} class="viewer-row">
              {(before === undefined || dayOf(before.at) !== dayOf(at)) && (
                <p class="day">
                  <span>{longDay(at)}</span>
                </p>
              )}
              <article
                class="message"
                data-mine={mine}
                data-first
                data-last
                aria-label={mine ? words.you : name}
              >
                <div class="bubble">
                  <span class="text" dir="auto">
                    {text}
                  </span>
                  <span class="meta">
                    <time dateTime={new Date(at).toISOString()} title={fullTime(at)}>
                      {clockTime(at)}
                    </time>
                  </span>
                </div>
              </article>
            </div>
          );
        })}
      </div>
    </>
  );
}

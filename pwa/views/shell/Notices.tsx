import { useSignal, useSignalEffect } from '@preact/signals';
import type { Signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { Remark, Route, Toast } from '../../models/shell.ts';
import { useApp } from '../app-context.ts';
import { composerHeight } from '../chats/composer-height.ts';
import { CloseIcon, ErrorIcon, InfoIcon, RetryIcon, SuccessIcon } from '../parts/icons.tsx';
import { say } from '../strings.ts';
import { wordsOf } from '../strings/news.ts';

/** How long a toast can be read before it fades, in milliseconds; errors ask something of the reader. */
const READABLE = { info: 5000, success: 4000, error: 9000 } as const;
/** As long as the fade in styles/shell.css. */
const FADE = 240;

const ICONS = { info: InfoIcon, success: SuccessIcon, error: ErrorIcon } as const;

/** What floats at the end of the screen: toasts that fade, and the bar that offers a new version. */
export function Notices() {
  const { models, actions, announce } = useApp();
  const { toasts, updateReady } = models.shell;
  const postponed = useSignal(false);
  const spoken = useRef(0);
  const refusals = useRefusedFiles();

  useSignalEffect(() => {
    for (const toast of toasts.value) {
      if (toast.id <= spoken.current) continue;
      spoken.current = toast.id;
      announce(wordsOf(toast.says));
    }
  });
  useSignalEffect(() => {
    if (updateReady.value) announce(say.update.ready);
  });

  return (
    <section
      class="notices"
      aria-label={say.toast.label}
      style={{ '--composer': `${composerHeight.value}px` }}
    >
      {toasts.value.map(({ id, tone, says }) => {
        const route = routeOf(says);
        return (
          <ToastCard
            key={id}
            tone={tone}
            text={wordsOf(says)}
            onOpen={route === null ? undefined : () => actions.go(route)}
            onGone={() => actions.dismissToast(id)}
          />
        );
      })}
      {refusals.value > 0 && (
        <ToastCard
          key={`files-${refusals.value}`}
          tone="info"
          text={say.noFiles}
          onGone={() => (refusals.value = 0)}
        />
      )}
      {updateReady.value && !postponed.value && (
        <div class="notice notice-update">
          <RetryIcon />
          <p>{say.update.ready}</p>
          <div class="notice-acts">
            <button type="button" class="button button-quiet" onClick={() => (postponed.value = true)}>
              {say.update.later}
            </button>
            <button type="button" class="button button-primary" onClick={() => actions.applyUpdate()}>
              {say.update.apply}
            </button>
          </div>
        </div>
      )}
    </section>
  );
}

/** Where the words of a note lead. */
function routeOf(says: Remark): Route | null {
  switch (says.what) {
    case 'asks':
      return { panel: 'requests' };
    case 'befriended':
      return { panel: 'chats', peer: says.friend.id };
    case 'accepted': {
      const [first] = says.who;
      return first !== undefined && says.who.length === 1 ? { panel: 'chats', peer: first.id } : null;
    }
    default:
      return null;
  }
}

/** Files that are dropped anywhere but into the text field, which says so itself: the browser would open them. */
function useRefusedFiles(): Signal<number> {
  const { announce } = useApp();
  const refusals = useSignal(0);
  useEffect(() => {
    const refuse = (event: DragEvent) => {
      if (event.defaultPrevented || event.dataTransfer?.types.includes('Files') !== true) return;
      event.preventDefault();
      if (event.type !== 'drop') return;
      refusals.value++;
      announce(say.noFiles);
    };
    document.addEventListener('dragover', refuse);
    document.addEventListener('drop', refuse);
    return () => {
      document.removeEventListener('dragover', refuse);
      document.removeEventListener('drop', refuse);
    };
  }, [announce, refusals]);
  return refusals;
}

/** With `onOpen` its words lead somewhere, and it has done its work then. */
function ToastCard(props: { tone: Toast['tone']; text: string; onOpen?: () => void; onGone: () => void }) {
  const { tone, text, onOpen } = props;
  const gone = useRef(props.onGone);
  gone.current = props.onGone;
  const held = useSignal(false);
  const fading = useSignal(false);
  const Icon = ICONS[tone];

  useSignalEffect(() => {
    if (held.value) return;
    const timer = setTimeout(() => (fading.value = true), READABLE[tone]);
    return () => clearTimeout(timer);
  });
  useEffect(() => {
    if (!fading.value) return;
    const timer = setTimeout(() => gone.current(), FADE);
    return () => clearTimeout(timer);
  }, [fading.value]);

  return (
    <div
      class="notice"
      data-tone={tone}
      data-fading={fading.value}
      onPointerEnter={() => (held.value = true)}
      onPointerLeave={() => (held.value = false)}
    >
      <Icon />
      {onOpen === undefined ? (
        <p>{text}</p>
      ) : (
        <button
          type="button"
          class="notice-open"
          onClick={() => {
            gone.current();
            onOpen();
          }}
        >
          {text}
        </button>
      )}
      <button
        type="button"
        class="icon-button"
        aria-label={say.toast.dismiss}
        onClick={() => (fading.value = true)}
      >
        <CloseIcon />
      </button>
    </div>
  );
}

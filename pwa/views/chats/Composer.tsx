import { useSignal } from '@preact/signals';
import type { Signal } from '@preact/signals';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import type { Trust } from '../../models/account.ts';
import { useApp } from '../app-context.ts';
import { OfflineIcon, RetryIcon, SignInIcon } from '../parts/icons.tsx';
import { LockIcon, PendingIcon, SendIcon } from '../parts/more-icons.tsx';
import { say } from '../strings.ts';
import { sayChat } from '../strings/chat.ts';
import { sayPeople } from '../strings/people.ts';
import { ChangedIdentity } from './ChangedIdentity.tsx';
import type { Friend } from './use-friend.ts';

/** The longest message, in characters. */
const LIMIT = 10_000;
/** Something that can be seen: neither space, nor a letter without a shape, nor a sign that only turns the line. */
const VISIBLE = /[^\s\p{C}\u115f\u1160\u2800\u3164\uffa0]/u;
/** The counter shows when this many characters or fewer are left. */
const NEAR_LIMIT = 500;
/** How long a remark stays under the field, in milliseconds. */
const REMARK = 5000;

/** Where one writes. It floats over the timeline and tells its height, so that nothing hides behind it. */
export function Composer(props: { friend: Friend; height: Signal<number> }) {
  const { friend, height } = props;
  const ref = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const element = ref.current;
    if (element === null) return;
    const measure = () => (height.value = element.offsetHeight);
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, [height]);
  const writable = friend.canWrite && !friend.blocked && !friend.gone;
  const held = writable ? heldBy(friend.trust) : null;
  return (
    <div class="composer glass" ref={ref}>
      {held !== null && <ChangedIdentity friend={friend} verified={held === 'changed-verified'} />}
      {friend.blocked && <Blocked friend={friend} />}
      {writable && <Unsent />}
      {writable && <WritingField name={friend.name} held={held} />}
      {!writable && !friend.blocked && (
        <p class="composer-closed">{friend.gone ? sayChat.composer.gone : sayChat.composer.closed}</p>
      )}
    </div>
  );
}

/** When several messages failed, one press tries them all. */
function Unsent() {
  const { models, actions } = useApp();
  const failed = models.timeline.items.value.filter(({ tick }) => tick === 'failed').length;
  if (failed < 2) return null;
  return (
    <div class="unsent">
      <p>{sayChat.unsent(failed)}</p>
      <button type="button" class="button button-small" onClick={() => void actions.retryAll()}>
        <RetryIcon />
        {sayChat.retryAll}
      </button>
    </div>
  );
}

/** Why messages wait, where they do. */
type Held = 'changed' | 'changed-verified' | null;

function heldBy(trust: Trust): Held {
  return trust === 'changed' || trust === 'changed-verified' ? trust : null;
}

function Blocked(props: { friend: Friend }) {
  const { actions } = useApp();
  const { id, name, pending } = props.friend;
  return (
    <div class="composer-closed">
      <p>{sayChat.composer.blocked(name)}</p>
      {pending && (
        <p class="composer-pending">
          <PendingIcon />
          {sayPeople.pending}
        </p>
      )}
      <button type="button" class="button button-soft" onClick={() => void actions.unblockPerson(id)}>
        {sayChat.composer.unblock}
      </button>
    </div>
  );
}

function WritingField(props: { name: string; held: Held }) {
  const { models, actions, announce } = useApp();
  const { draft } = models.timeline;
  const field = useRef<HTMLTextAreaElement>(null);
  const remark = useRemark();
  useAutogrow(field, draft.value);

  const length = draft.value.length;
  const sendable = VISIBLE.test(draft.value) && length <= LIMIT;
  const submit = () => {
    if (!sendable) return;
    void actions.send(draft.value.trim());
    field.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || event.shiftKey || isComposing(event) || touchKeyboard()) return;
    event.preventDefault();
    submit();
  };
  const refuseFiles = (event: Event, data: DataTransfer | null) => {
    if (data === null || !data.types.includes('Files')) return;
    event.preventDefault();
    remark.value = say.noFiles;
    announce(say.noFiles);
  };

  return (
    <form
      class="composer-form"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <textarea
        ref={field}
        rows={1}
        dir="auto"
        enterkeyhint={touchKeyboard() ? 'enter' : 'send'}
        aria-label={sayChat.composer.label}
        aria-invalid={length > LIMIT}
        placeholder={sayChat.composer.placeholder(props.name)}
        value={draft.value}
        onInput={(event) => {
          actions.setDraft(event.currentTarget.value);
          actions.typing();
        }}
        onKeyDown={onKeyDown}
        onPaste={(event) => {
          // Some programs put a picture beside the text: the text is what is wanted then.
          if (event.clipboardData?.getData('text/plain') === '') refuseFiles(event, event.clipboardData);
        }}
        onDragOver={(event) => refuseFiles(event, event.dataTransfer)}
        onDrop={(event) => refuseFiles(event, event.dataTransfer)}
      />
      <button type="submit" class="send" aria-label={sayChat.composer.send} disabled={!sendable}>
        <SendIcon />
      </button>
      <Footnote length={length} remark={remark.value} held={props.held} />
    </form>
  );
}

/** One line that is always there, so that what it says never moves the field. */
function Footnote(props: { length: number; remark: string | null; held: Held }) {
  const { status, session } = useApp().models;
  const { length, remark, held } = props;
  if (remark !== null) return <p class="footnote">{remark}</p>;
  if (length > LIMIT)
    return <p class="footnote footnote-error">{sayChat.composer.tooLong(length - LIMIT)}</p>;
  if (length >= LIMIT - NEAR_LIMIT) return <p class="footnote">{sayChat.composer.count(length, LIMIT)}</p>;
  if (held !== null) {
    return (
      <p class="footnote">
        <PendingIcon />
        {held === 'changed' ? sayChat.composer.waits : sayChat.composer.waitsVerified}
      </p>
    );
  }
  if (session.needsSignIn.value) {
    return (
      <p class="footnote">
        <SignInIcon />
        {sayChat.composer.signIn}
      </p>
    );
  }
  if (status.link.value === 'offline') {
    return (
      <p class="footnote">
        <OfflineIcon />
        {sayChat.composer.offline}
      </p>
    );
  }
  return (
    <p class="footnote">
      <LockIcon />
      {sayChat.composer.private}
      <span class="footnote-keys">{sayChat.composer.keys}</span>
    </p>
  );
}

/** A remark that goes away by itself. */
function useRemark(): Signal<string | null> {
  const remark = useSignal<string | null>(null);
  useEffect(() => {
    if (remark.value === null) return;
    const timer = setTimeout(() => (remark.value = null), REMARK);
    return () => clearTimeout(timer);
  }, [remark, remark.value]);
  return remark;
}

/** Where the browser can't size a field by its content, its height is set after each change. */
function useAutogrow(field: { current: HTMLTextAreaElement | null }, text: string): void {
  useLayoutEffect(() => {
    const element = field.current;
    if (element === null || CSS.supports('field-sizing', 'content')) return;
    element.style.height = 'auto';
    element.style.height = `${element.scrollHeight}px`;
  }, [field, text]);
}

/** Enter that confirms a word in an input method is not meant for us; Safari tells only by the key code. */
function isComposing(event: KeyboardEvent): boolean {
  return event.isComposing || event.keyCode === 229;
}

/** On-screen keyboards have no Shift + Enter, so Enter starts a new line there. */
function touchKeyboard(): boolean {
  return matchMedia('(pointer: coarse)').matches;
}

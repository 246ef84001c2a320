import { useSignal } from '@preact/signals';
import type { Signal } from '@preact/signals';
import { useEffect, useId, useLayoutEffect, useRef } from 'preact/hooks';
import type { OpId } from '#shared/ids.ts';
import type { Trust } from '../../models/account.ts';
import { useApp } from '../app-context.ts';
import { OfflineIcon, RetryIcon, SignInIcon } from '../parts/icons.tsx';
import { AcceptIcon, LockIcon, PendingIcon, SendIcon } from '../parts/more-icons.tsx';
import { say } from '../strings.ts';
import { sayChat } from '../strings/chat.ts';
import { composerHeight } from './composer-height.ts';
import { ChangedIdentity } from './ChangedIdentity.tsx';
import { ClosedComposer } from './ClosedComposer.tsx';
import { EditingStrip } from './EditingStrip.tsx';
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
export function Composer({ friend }: { friend: Friend }) {
  const ref = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const element = ref.current;
    if (element === null) return;
    // It looks at once, when the layout is known anyway.
    const observer = new ResizeObserver(() => {
      composerHeight.value = element.offsetHeight;
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
      composerHeight.value = 0;
    };
  }, []);
  const writable = friend.canWrite && !friend.blocked && !friend.gone;
  const held = writable ? heldBy(friend.trust) : null;
  return (
    <div class="composer glass" ref={ref}>
      {held !== null && <ChangedIdentity friend={friend} verified={held === 'changed-verified'} />}
      {writable && <Unsent />}
      {writable && <WritingField name={friend.name} held={held} />}
      {!writable && <ClosedComposer friend={friend} />}
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

function WritingField(props: { name: string; held: Held }) {
  const { models, actions } = useApp();
  const { draft, draftRead, editing } = models.timeline;
  const field = useRef<HTMLTextAreaElement>(null);
  const strip = useId();
  const { remark, tell } = useRemark();
  const edit = editing.value;
  const text = edit?.text ?? draft.value;
  useAutogrow(field, text);

  const empty = !VISIBLE.test(text);
  const sendable = !empty && text.length <= LIMIT && edit?.saving !== true;
  const save = async () => {
    if (empty) return tell(sayChat.editing.empty);
    if (sendable && !(await actions.saveEdit())) tell(sayChat.editing.late);
  };
  const submit = () => {
    if (edit !== null) void save();
    else if (sendable) void actions.send(text.trim());
    else return;
    field.current?.focus();
  };
  const cancel = () => {
    actions.edit(null);
    field.current?.focus();
  };
  const discard = async (id: OpId) => {
    field.current?.focus();
    if (!(await actions.discard(id))) tell(sayChat.inspector.late);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (isComposing(event)) return;
    if (event.key === 'Escape' && edit !== null) {
      // Nothing else ends with it, such as a search in this conversation.
      event.stopPropagation();
      return cancel();
    }
    if (event.key !== 'Enter' || event.shiftKey || touchKeyboard()) return;
    event.preventDefault();
    submit();
  };
  const refuseFiles = (event: Event, data: DataTransfer | null) => {
    if (data === null || !data.types.includes('Files')) return;
    event.preventDefault();
    tell(say.noFiles);
  };

  return (
    <form
      class="composer-form"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      {edit !== null && (
        <EditingStrip
          id={strip}
          edit={edit}
          empty={empty}
          onCancel={cancel}
          onDiscard={() => void discard(edit.id)}
        />
      )}
      <textarea
        ref={field}
        rows={1}
        dir="auto"
        enterkeyhint={touchKeyboard() ? 'enter' : 'send'}
        aria-label={sayChat.composer.label}
        aria-describedby={edit === null ? undefined : strip}
        aria-invalid={text.length > LIMIT}
        readOnly={edit?.saving === true || !draftRead.value}
        placeholder={sayChat.composer.placeholder(props.name)}
        value={text}
        onInput={(event) => {
          if (edit !== null) return actions.setEdit(event.currentTarget.value);
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
      <button
        type="submit"
        class="send"
        aria-label={edit === null ? sayChat.composer.send : sayChat.editing.save}
        disabled={!sendable}
      >
        {edit === null ? <SendIcon /> : <AcceptIcon />}
      </button>
      <Footnote length={text.length} remark={remark.value} held={props.held} editing={edit !== null} />
    </form>
  );
}

/** One line that is always there, so that what it says never moves the field. */
function Footnote(props: { length: number; remark: string | null; held: Held; editing: boolean }) {
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
      <span class="footnote-keys">{props.editing ? sayChat.editing.keys : sayChat.composer.keys}</span>
    </p>
  );
}

/** A remark that is said, and goes away by itself. */
function useRemark(): { readonly remark: Signal<string | null>; tell(words: string): void } {
  const { announce } = useApp();
  const remark = useSignal<string | null>(null);
  useEffect(() => {
    if (remark.value === null) return;
    const timer = setTimeout(() => (remark.value = null), REMARK);
    return () => clearTimeout(timer);
  }, [remark, remark.value]);
  return {
    remark,
    tell(words) {
      remark.value = words;
      announce(words);
    },
  };
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

import { useComputed, useSignal, useSignalEffect } from '@preact/signals';
import { useApp } from '../app-context.ts';
import { OfflineIcon, RetryIcon, SignInIcon } from '../parts/icons.tsx';
import { say } from '../strings.ts';
import { describeStatus } from './describe-status.ts';
import type { StatusWords } from './describe-status.ts';
import { SignInAgain } from './SignInAgain.tsx';

/** A connection that is back within this time was not worth a word, in milliseconds. */
const PATIENCE = 2000;

/** The one place that says how things stand with the server; it floats, so that nothing moves when it comes or goes. */
export function StatusChip() {
  const { models, announce } = useApp();
  const status = useComputed(() => describeStatus(models));
  const kind = useComputed(() => status.value?.kind ?? null);
  const worthShowing = useSignal(false);
  const asking = useSignal(false);

  useSignalEffect(() => {
    if (kind.value === null) {
      worthShowing.value = false;
      return;
    }
    const show = () => {
      worthShowing.value = true;
      const words = status.peek();
      if (words !== null) announce(words.long);
    };
    if (kind.value === 'sign-in' || worthShowing.peek()) {
      show();
      return;
    }
    const timer = setTimeout(show, PATIENCE);
    return () => clearTimeout(timer);
  });

  useSignalEffect(() => {
    if (!models.session.needsSignIn.value) asking.value = false;
  });

  const words = status.value;
  if (words === null || !worthShowing.value) return null;
  if (words.kind !== 'sign-in') return <Chip words={words} />;
  return (
    <>
      <Chip words={words} onClick={() => (asking.value = true)} />
      {asking.value && <SignInAgain onClose={() => (asking.value = false)} />}
    </>
  );
}

const ICONS = { offline: OfflineIcon, busy: RetryIcon, 'sign-in': SignInIcon } as const;

function Chip(props: { words: StatusWords; onClick?: () => void }) {
  const { kind, long, short, done } = props.words;
  const Icon = ICONS[kind];
  const content = (
    <>
      <Icon />
      <span class="status-long">{long}</span>
      <span class="status-short" aria-hidden="true">
        {short}
      </span>
      {done !== null && <progress value={done} max={1} aria-label={say.status.catchingUp} />}
    </>
  );
  return (
    <aside class="status-place" aria-label={say.status.label}>
      {props.onClick === undefined ? (
        <p class="status" data-kind={kind} title={long}>
          {content}
        </p>
      ) : (
        <button type="button" class="status" data-kind={kind} title={long} onClick={props.onClick}>
          {content}
        </button>
      )}
    </aside>
  );
}

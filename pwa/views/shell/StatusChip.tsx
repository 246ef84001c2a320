import { useComputed, useSignal, useSignalEffect } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { useApp } from '../app-context.ts';
import { later } from '../later.tsx';
import { OfflineIcon, RetryIcon, SignInIcon } from '../parts/icons.tsx';
import { say } from '../strings.ts';
import { useNetwork } from '../use-network.ts';
import { describeStatus } from './describe-status.ts';
import type { StatusWords } from './describe-status.ts';

const SignInAgain = later(async () => (await import('./SignInAgain.tsx')).SignInAgain);

/** A connection that is back within this time was not worth a word, in milliseconds. */
const PATIENCE = 2000;

/** The one place that says how things stand with the server; it floats, so that nothing moves when it comes or goes. */
export function StatusChip() {
  const { models, actions, announce } = useApp();
  const network = useNetwork();
  const status = useComputed(() => describeStatus(models, network.value));
  const kind = useComputed(() => status.value?.kind ?? null);
  /** One trouble, however often it turns from trying to waiting and back: patience is had with it once. */
  const trouble = useComputed(() => kind.value !== null);
  /** What the browser itself says is no hiccup of a connection. */
  const urgent = useComputed(() => kind.value === 'sign-in' || !network.value);
  const worthShowing = useSignal(false);
  const asking = useSignal(false);
  const spoken = useRef(new Set<StatusWords['kind']>());

  useSignalEffect(() => {
    if (!trouble.value || urgent.value) {
      worthShowing.value = trouble.value;
      return;
    }
    const timer = setTimeout(() => (worthShowing.value = true), PATIENCE);
    return () => clearTimeout(timer);
  });

  // Each kind of trouble is said once while it lasts.
  useSignalEffect(() => {
    if (!worthShowing.value) return spoken.current.clear();
    if (kind.value === null || spoken.current.has(kind.value)) return;
    spoken.current.add(kind.value);
    const words = status.peek();
    if (words !== null) announce(words.long);
  });

  useSignalEffect(() => {
    if (!models.session.needsSignIn.value) asking.value = false;
  });

  const words = status.value;
  if (words === null || !worthShowing.value) return null;
  if (words.retry === true) {
    return <Chip words={words} act={say.status.tryNow} onClick={() => actions.reconnect()} />;
  }
  if (words.kind !== 'sign-in') return <Chip words={words} />;
  return (
    <>
      <Chip words={words} onClick={() => (asking.value = true)} />
      {asking.value && <SignInAgain onClose={() => (asking.value = false)} />}
    </>
  );
}

const ICONS = { offline: OfflineIcon, busy: RetryIcon, 'sign-in': SignInIcon } as const;

function Chip(props: { words: StatusWords; act?: string; onClick?: () => void }) {
  const { kind, long, short, done } = props.words;
  const Icon = ICONS[kind];
  const content = (
    <>
      <Icon />
      <span class="status-long">{long}</span>
      <span class="status-short" aria-hidden="true">
        {short}
      </span>
      {props.act !== undefined && <span class="status-act">{props.act}</span>}
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

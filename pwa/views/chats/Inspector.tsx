import { useSignal } from '@preact/signals';
import type { Signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import type { Trust } from '../../models/account.ts';
import type { MessageDetails } from '../../models/timeline.ts';
import { useApp } from '../app-context.ts';
import { fullTime } from '../format.ts';
import { CopyButton } from '../parts/CopyButton.tsx';
import { Dialog } from '../parts/Dialog.tsx';
import { FormError } from '../parts/FormError.tsx';
import { EditIcon, EraseIcon } from '../parts/more-icons.tsx';
import { RetryIcon } from '../parts/icons.tsx';
import { TickMark } from '../parts/TickMark.tsx';
import { say } from '../strings.ts';
import { sayChat } from '../strings/chat.ts';
import type { Friend } from './use-friend.ts';

/** One message, with all that this device knows of its way, and what can still be done about it. */
export function Inspector(props: { details: MessageDetails; friend: Friend }) {
  const { actions } = useApp();
  const { details, friend } = props;
  /** It was tried to withdraw it, and it may be on its way. */
  const late = useSignal(false);
  return (
    <Dialog title={sayChat.inspector.title} onClose={() => actions.inspect(null)}>
      {details.tick !== null && (
        <p class="inspector-state">
          <TickMark tick={details.tick} />
          <span aria-hidden="true">{say.conversation.tick[details.tick]}</span>
        </p>
      )}
      {details.error !== null && <FormError code={details.error} />}
      <dl class="facts">
        <Fact name={sayChat.inspector.written}>{fullTime(details.written)}</Fact>
        {details.mine ? <Way details={details} late={late.value} /> : <Came details={details} />}
        <Fact name={sayChat.inspector.number}>{details.n ?? sayChat.inspector.noNumber}</Fact>
        {details.bytes !== null && (
          <Fact name={sayChat.inspector.size}>{sayChat.inspector.bytes(details.bytes)}</Fact>
        )}
        {details.mine && (
          <Fact name={sayChat.inspector.key}>
            {details.keyEpoch === null
              ? sayChat.inspector.keyUnknown
              : sayChat.inspector.keyOf(details.keyEpoch, friend.name)}
          </Fact>
        )}
        <Fact name={sayChat.inspector.identity}>{identity(friend.trust, friend.name)}</Fact>
      </dl>
      <Doing details={details} late={late} />
    </Dialog>
  );
}

/** How far one of our messages got, step by step. */
function Way(props: { details: MessageDetails; late: boolean }) {
  const { tick, offers, stored, delivered, seen, canTakeBack } = props.details;
  if (tick === 'queued' || tick === 'failed') {
    if (offers === null) return null;
    const now = tick === 'queued' && (props.late || !canTakeBack);
    return <Fact name={sayChat.inspector.offered}>{tried(offers, now)}</Fact>;
  }
  return (
    <>
      <Fact name={sayChat.inspector.stored}>
        {stored === null ? sayChat.inspector.unknownTime : fullTime(stored)}
      </Fact>
      <Fact name={sayChat.inspector.delivered}>
        {step(delivered, tick === 'delivered' || tick === 'seen')}
      </Fact>
      <Fact name={sayChat.inspector.seen}>{step(seen, tick === 'seen')}</Fact>
    </>
  );
}

function Came(props: { details: MessageDetails }) {
  const { stored } = props.details;
  return stored === null ? null : <Fact name={sayChat.inspector.received}>{fullTime(stored)}</Fact>;
}

function Fact(props: { name: string; children: ComponentChildren }) {
  return (
    <>
      <dt>{props.name}</dt>
      <dd>{props.children}</dd>
    </>
  );
}

function Doing(props: { details: MessageDetails; late: Signal<boolean> }) {
  const { models, actions, announce } = useApp();
  const { id, tick, error, canTakeBack } = props.details;
  const { late } = props;
  const text = models.timeline.items.value.find((item) => item.id === id)?.text ?? null;
  const unsent = tick === 'queued' || tick === 'failed';
  const withdraw = async () => {
    late.value = false;
    if (await actions.discard(id)) {
      actions.inspect(null);
      write();
    } else {
      late.value = true;
      announce(sayChat.inspector.late);
    }
  };
  // After the dialog has given focus back to a message that is gone by now.
  const write = () => setTimeout(() => document.querySelector<HTMLElement>('.composer textarea')?.focus());
  return (
    <>
      <FormError text={late.value || (unsent && !canTakeBack) ? sayChat.inspector.late : null} />
      <div class="inspector-buttons">
        {unsent && canTakeBack && (
          <>
            <button type="button" class="button button-danger-soft" onClick={() => void withdraw()}>
              <EraseIcon />
              {tick === 'failed' ? sayChat.discard : sayChat.inspector.cancel}
            </button>
            <button
              type="button"
              class="button"
              onClick={() => {
                actions.inspect(null);
                actions.edit(id);
                write();
              }}
            >
              <EditIcon />
              {sayChat.inspector.edit}
            </button>
          </>
        )}
        {tick === 'failed' && error !== 'ACCOUNT_GONE' && (
          <button
            type="button"
            class="button"
            onClick={() => {
              actions.inspect(null);
              void actions.retry(id);
            }}
          >
            <RetryIcon />
            {sayChat.retry}
          </button>
        )}
        {text !== null && (
          <CopyButton
            text={text}
            label={sayChat.inspector.copy}
            copied={sayChat.inspector.copied}
            refused={sayChat.inspector.notCopied}
          />
        )}
        <button type="button" class="button button-primary" autofocus onClick={() => actions.inspect(null)}>
          {say.close}
        </button>
      </div>
    </>
  );
}

/** `now`: it may be on its way, so it does not read as if nobody had tried. */
function tried({ count, last }: NonNullable<MessageDetails['offers']>, now: boolean): string {
  if (count === 0) return now ? sayChat.inspector.offering : sayChat.inspector.notOffered;
  return last === null
    ? sayChat.inspector.offers(count)
    : sayChat.inspector.offersLast(count, fullTime(last));
}

function step(at: number | null, done: boolean): string {
  if (!done) return sayChat.inspector.no;
  return at === null ? sayChat.inspector.unknownTime : fullTime(at);
}

function identity(trust: Trust, name: string): string {
  if (trust === 'verified') return sayChat.inspector.verified(name);
  return trust === 'unverified' ? sayChat.inspector.unverified(name) : sayChat.inspector.changed(name);
}

import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { say } from '../strings.ts';
import { Dialog } from './Dialog.tsx';

interface Props {
  readonly title: string;
  readonly body: string;
  readonly confirm: string;
  /** Does it; the dialog closes when that has ended. */
  readonly act: () => Promise<unknown> | void;
  readonly onClose: () => void;
  /** Takes something away. */
  readonly danger?: boolean;
  readonly children?: ComponentChildren;
}

/** Asks before something is done that can't be undone at once. */
export function ConfirmDialog(props: Props) {
  const doing = useSignal(false);
  const confirm = async () => {
    doing.value = true;
    await props.act();
    props.onClose();
  };
  return (
    <Dialog title={props.title} onClose={props.onClose}>
      <p>{props.body}</p>
      {props.children}
      <div class="dialog-buttons">
        <button type="button" class="button" disabled={doing.value} onClick={props.onClose}>
          {say.cancel}
        </button>
        <button
          type="button"
          class={`button ${props.danger === true ? 'button-danger' : 'button-primary'}`}
          disabled={doing.value}
          onClick={() => void confirm()}
        >
          {props.confirm}
        </button>
      </div>
    </Dialog>
  );
}

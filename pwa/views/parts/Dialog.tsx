import { computed, signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useRef } from 'preact/hooks';

interface Props {
  title: string;
  /** Called when the person leaves it by Escape, the backdrop, or a button. */
  onClose: () => void;
  children: ComponentChildren;
}

const open = signal(0);

/** Whether a modal question lies over everything else. */
export const isAsking = computed(() => open.value > 0);

/** A modal question. It is there while it is drawn; the browser keeps focus inside and gives it back afterwards. */
export function Dialog(props: Props) {
  const ref = useRef<HTMLDialogElement>(null);
  const title = useId();
  // Before the effects of what is in it, which may want focus elsewhere than the browser puts it.
  useLayoutEffect(() => {
    const dialog = ref.current;
    dialog?.showModal();
    // It reads from its top, also where the button that has focus lies below the screen.
    dialog?.scrollTo(0, 0);
    open.value++;
    return () => {
      dialog?.close();
      open.value--;
    };
  }, []);
  return (
    <dialog ref={ref} class="dialog glass" closedby="any" aria-labelledby={title} onClose={props.onClose}>
      <div class="dialog-body">
        <h2 id={title}>{props.title}</h2>
        {props.children}
      </div>
    </dialog>
  );
}

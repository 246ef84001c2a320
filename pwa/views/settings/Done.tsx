import { SuccessIcon } from '../parts/icons.tsx';
import { useFocusHere } from '../parts/use-focus-here.ts';

/** Says that something was done, where it was asked for. */
export function Done(props: { text: string }) {
  const ref = useFocusHere<HTMLParagraphElement>();
  return (
    <p class="form-done" ref={ref} tabIndex={-1}>
      <SuccessIcon />
      {props.text}
    </p>
  );
}

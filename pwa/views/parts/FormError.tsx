import type { ErrorCode } from '#shared/errors.ts';
import { say } from '../strings.ts';
import { ErrorIcon } from './icons.tsx';

/** Why a form did not do what it was asked for: a failure's own sentence, or `text`. Nothing where there is neither. */
export function FormError(props: { code?: ErrorCode | null; text?: string | null }) {
  const words = props.text ?? (props.code ? say.error(props.code) : null);
  if (words === null) return null;
  return (
    <p class="form-error">
      <ErrorIcon />
      {words}
    </p>
  );
}

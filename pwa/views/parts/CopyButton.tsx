import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { useApp } from '../app-context.ts';
import { copyText } from './copy-text.ts';
import { AcceptIcon, CopyIcon } from './more-icons.tsx';

/** How long the button says that it was done, in milliseconds. */
const SAID = 3000;

/** Copies and says so, on the button itself. */
export function CopyButton(props: { text: string; label: string; copied: string; refused: string }) {
  const { announce } = useApp();
  const outcome = useSignal<string | null>(null);
  useEffect(() => {
    if (outcome.value === null) return;
    const timer = setTimeout(() => (outcome.value = null), SAID);
    return () => clearTimeout(timer);
  }, [outcome, outcome.value]);
  const copy = async () => {
    outcome.value = (await copyText(props.text)) ? props.copied : props.refused;
    announce(outcome.value);
  };
  return (
    <button type="button" class="button button-soft" onClick={() => void copy()}>
      {outcome.value === props.copied ? <AcceptIcon /> : <CopyIcon />}
      {outcome.value ?? props.label}
    </button>
  );
}

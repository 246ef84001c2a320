import { useApp } from '../app-context.ts';
import { InfoIcon } from '../parts/icons.tsx';
import { saySettings } from '../strings/settings.ts';

/** With whom a call goes on that ends when this device is left or locked; null for none. */
export function useEndingCall(): string | null {
  const { current, isInCall, elsewhere } = useApp().models.calls;
  if (isInCall.value) return current.value?.name ?? null;
  // Every tab of this browser is left together.
  return elsewhere.value?.where === 'tab' ? elsewhere.value.name : null;
}

/** Says in a question that it ends a call, where there is one. */
export function EndsCall() {
  const name = useEndingCall();
  if (name === null) return null;
  return (
    <p class="note">
      <InfoIcon />
      {saySettings.endsCall(name)}
    </p>
  );
}

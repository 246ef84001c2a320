import '../../styles/calls.css';
import { useSignal } from '@preact/signals';
import { useCallback, useEffect, useId } from 'preact/hooks';
import { useApp } from '../app-context.ts';
import { sayCalls } from '../strings/calls.ts';
import { DevicePickers } from './DevicePickers.tsx';
import { DeviceTest } from './DeviceTest.tsx';
import { listDevices } from './try-devices.ts';
import type { Choices } from './try-devices.ts';

/** Which devices a call uses, a look at oneself, and what a call tells of one's address. */
export function CallSettings() {
  const words = sayCalls.settings;
  const { choices, refresh } = useChoices();
  return (
    <>
      <section class="card card-padded">
        <h2>{words.devicesTitle}</h2>
        <p class="help">{words.devicesHelp}</p>
        <DevicePickers choices={choices} />
        <DeviceTest onOpen={refresh} />
      </section>
      <Notices />
      <Privacy />
    </>
  );
}

/** What the browser names here, which is more once the person has allowed the test; else what is known from calls. */
function useChoices() {
  const known = useApp().models.calls.choices.value;
  const found = useSignal<Choices | null>(null);
  const refresh = useCallback(() => void listDevices().then((choices) => (found.value = choices)), [found]);
  useEffect(refresh, [refresh]);
  const named = found.value !== null && Object.values(found.value).some((choices) => choices.length > 0);
  return { choices: named && found.value !== null ? found.value : known, refresh };
}

/** What tells of a call while nobody looks is set with all other notifications. */
function Notices() {
  const { actions } = useApp();
  const words = sayCalls.settings;
  return (
    <section class="card card-padded">
      <h2>{words.noticesTitle}</h2>
      <p class="help">{words.noticesHelp}</p>
      <div class="setting-buttons">
        <button
          type="button"
          class="button"
          onClick={() => actions.go({ panel: 'settings', section: 'notices' })}
        >
          {words.notices}
        </button>
      </div>
    </section>
  );
}

function Privacy() {
  const { models, actions } = useApp();
  const { relayOnly, hasRelay } = models.calls;
  const words = sayCalls.settings;
  const line = useId();
  const on = relayOnly.value;
  return (
    <section class="card card-padded">
      <h2>{words.privacyTitle}</h2>
      <p class="help">{words.relayHelp}</p>
      <label class="choice">
        <input
          type="checkbox"
          checked={on}
          aria-describedby={line}
          onChange={(event) => actions.setRelayOnly(event.currentTarget.checked)}
        />
        {words.relayOnly}
      </label>
      <p id={line} class={hasRelay.value === false && on ? 'form-error' : 'help'} role="status">
        {hasRelay.value === null && words.unknownRelay}
        {hasRelay.value === true && words.hasRelay}
        {hasRelay.value === false && (on ? words.noRelayOn : words.noRelay)}
      </p>
    </section>
  );
}

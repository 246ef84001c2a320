import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { useApp } from '../app-context.ts';
import { byteSize } from '../format.ts';
import { FormError } from '../parts/FormError.tsx';
import { saySettings } from '../strings/settings.ts';

/** How much of this device is used, and whether the browser may take it back. */
export function Space() {
  const { models, actions, announce } = useApp();
  const refused = useSignal(false);
  useEffect(() => actions.measureStorage(), [actions]);
  const use = models.shell.storage.value;
  if (use === null) return null;
  const words = saySettings.space;
  const keep = async () => {
    refused.value = !(await actions.keepStorage());
    announce(refused.value ? words.refused : words.lasting);
  };
  return (
    <div class="space">
      <h3>{words.title}</h3>
      <p class="help">
        {use.quota === 0
          ? words.used(byteSize(use.used))
          : words.usedOf(byteSize(use.used), byteSize(use.quota))}{' '}
        {use.messages !== null && words.messages(byteSize(use.messages))}
      </p>
      <p class="help">{use.lasting ? words.lasting : words.fleeting}</p>
      <FormError text={refused.value ? words.refused : null} />
      {!use.lasting && (
        <button type="button" class="button button-soft" onClick={() => void keep()}>
          {words.keep}
        </button>
      )}
    </div>
  );
}

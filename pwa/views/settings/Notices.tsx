import type { NoticesModel, Preview } from '../../models/notices.ts';
import { useApp } from '../app-context.ts';
import { saySettings } from '../strings/settings.ts';

const PREVIEWS: readonly Preview[] = ['text', 'name', 'nothing'];

/** Whether this device tells of what comes in while nobody looks at the app, and how much. */
export function Notices() {
  const { models, actions } = useApp();
  const { notices, account } = models;
  const words = saySettings.notices;
  const leave = notices.leave.value;
  const on = notices.wanted.value && leave === 'given';
  const canAsk = leave === 'unasked' || leave === 'given';
  return (
    <>
      <p class="help">{words.help}</p>
      <section class="card card-padded">
        <h2>{words.title}</h2>
        {canAsk && (
          <label class="choice">
            <input
              type="checkbox"
              checked={on}
              // Disabled it would lose the focus.
              aria-disabled={notices.busy.value}
              onClick={(event) => notices.busy.value && event.preventDefault()}
              onChange={({ currentTarget }) => void actions.setNotices(currentTarget.checked)}
            />
            {words.on}
          </label>
        )}
        <p class="help" role="status">
          {statusOf(notices, on)}
        </p>
        {on && account.lock.value !== null && <p class="help">{words.locked}</p>}
        {on && account.lock.value === null && <PreviewField />}
      </section>
      <section class="card card-padded">
        <h2>{words.privacyTitle}</h2>
        <p class="help">{words.privacy}</p>
      </section>
    </>
  );
}

function statusOf({ leave, waking, busy }: NoticesModel, on: boolean): string {
  const words = saySettings.notices;
  switch (leave.value) {
    case null:
      return '';
    case 'missing':
      return words.missing;
    case 'install':
      return words.install;
    case 'refused':
      return words.refused;
    case 'unasked':
    case 'given':
      if (busy.value) return saySettings.working;
      return on ? words.waking[waking.value] : '';
  }
}

function PreviewField() {
  const { models, actions } = useApp();
  const words = saySettings.notices;
  return (
    <fieldset class="choices">
      <legend>{words.preview}</legend>
      {PREVIEWS.map((preview) => (
        <label key={preview} class="choice">
          <input
            type="radio"
            name="preview"
            checked={models.notices.preview.value === preview}
            onChange={() => actions.setPreview(preview)}
          />
          {words.previews[preview]}
        </label>
      ))}
    </fieldset>
  );
}

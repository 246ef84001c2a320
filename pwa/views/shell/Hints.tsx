import { signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import type { Models } from '../../models/models.ts';
import type { Hint } from '../../models/shell.ts';
import { useApp } from '../app-context.ts';
import { BrandMark } from '../parts/BrandMark.tsx';
import { InstallIcon, NoticesIcon, RecoveryIcon } from '../parts/more-icons.tsx';
import { say } from '../strings.ts';
import { sayHints } from '../strings/hints.ts';

/** Until the next start. */
const later = signal(false);

/** Above the conversations: what waits for an answer of the person. */
export function Reminders() {
  const { models, actions } = useApp();
  if (models.shell.shared.value !== null) {
    const { title, text, cancel } = sayHints.share;
    return (
      <Card title={title} text={text}>
        <p class="hint-shared" dir="auto">
          {models.shell.shared.value}
        </p>
        <button type="button" class="button button-small" onClick={() => actions.dropShared()}>
          {cancel}
        </button>
      </Card>
    );
  }
  if (asksForCode(models)) {
    const { title, text, act } = sayHints.code;
    return (
      <Card title={title} text={text}>
        <button
          type="button"
          class="button button-small button-soft"
          onClick={() => actions.go({ panel: 'settings', section: 'recovery' })}
        >
          <RecoveryIcon />
          {act}
        </button>
        <button type="button" class="button button-small" onClick={() => (later.value = true)}>
          {say.update.later}
        </button>
      </Card>
    );
  }
  return null;
}

const asksForCode = ({ account }: Models) => account.recoveryUnconfirmed.value && !later.value;

/**
 * Below the conversations, one at a time: what is good to know for somebody who is new. Where there are none yet, a
 * reminder comes first, so that there is room for how to begin.
 */
export function Hints() {
  const { models, actions } = useApp();
  const hint = nextHint(models);
  const reminded = models.shell.shared.value !== null || asksForCode(models);
  if (hint === null || (reminded && models.conversations.rows.value.length === 0)) return null;
  const { title, text } = sayHints.hints[hint];
  const installing = hint === 'install' ? models.shell.installing.value : null;
  return (
    <Card title={title} text={installing === 'by-hand' ? `${text} ${sayHints.byHand}` : text}>
      {installing === 'offered' && (
        <button type="button" class="button button-small button-soft" onClick={() => actions.install()}>
          <InstallIcon />
          {sayHints.install}
        </button>
      )}
      {hint === 'notices' && (
        <button
          type="button"
          class="button button-small button-soft"
          onClick={() => void actions.setNotices(true)}
        >
          <NoticesIcon />
          {sayHints.turnOn}
        </button>
      )}
      <button type="button" class="button button-small" onClick={() => actions.dismissHint(hint)}>
        {hint === 'notices' ? sayHints.notNow : sayHints.done}
      </button>
    </Card>
  );
}

function Card(props: { title: string; text: string; children: ComponentChildren }) {
  return (
    <aside class="hint card" aria-label={sayHints.label}>
      <BrandMark />
      <div>
        <p class="hint-title">{props.title}</p>
        <p class="help">{props.text}</p>
        <div class="hint-buttons">{props.children}</div>
      </div>
    </aside>
  );
}

/** Each when it can be of use: what to install, and whom to compare a number with, must be there. */
function nextHint({ shell, conversations, people, notices }: Models): Hint | null {
  const done = shell.hintsDone.value;
  const rows = conversations.rows.value;
  if (!done.has('offline')) return 'offline';
  const said = rows.some(({ lastAt }) => lastAt > 0);
  if (!done.has('notices') && said && notices.leave.value === 'unasked') return 'notices';
  if (!done.has('install') && shell.installing.value !== null && rows.length > 0) return 'install';
  const verified = [...people.contactsById.value.values()].some(({ trust }) => trust === 'verified');
  const talks = rows.some(({ lastAt, canWrite }) => lastAt > 0 && canWrite);
  return !done.has('safety') && talks && !verified ? 'safety' : null;
}

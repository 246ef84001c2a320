import { useSignal, useSignalEffect } from '@preact/signals';
import { useApp } from '../app-context.ts';
import { BrandMark } from '../parts/BrandMark.tsx';
import { say } from '../strings.ts';
import { sayDoor } from '../strings/door.ts';
import { EnterForm } from './EnterForm.tsx';
import { RecoverForm } from './RecoverForm.tsx';

/** Sign in, create account, and the way back in without a password, on one card. */
export function Door() {
  const { models, announce } = useApp();
  const { stage } = models.session;
  const username = useSignal('');
  const recovering = useSignal(false);
  const returned = useSignal(false);
  const turnBack = () => {
    recovering.value = false;
    returned.value = true;
  };

  useSignalEffect(() => {
    if (stage.value !== null) announce(sayDoor.stage[stage.value]);
  });

  return (
    <main class="door door-enter">
      <div class="door-card glass">
        <header class="door-brand">
          <BrandMark />
          <h1>{recovering.value ? sayDoor.recover.title : say.app}</h1>
          <p>{recovering.value ? sayDoor.recover.body : sayDoor.tagline}</p>
        </header>
        {recovering.value ? (
          <RecoverForm username={username} onBack={turnBack} />
        ) : (
          <EnterForm
            username={username}
            returned={returned.value}
            onForgotten={() => (recovering.value = true)}
          />
        )}
      </div>
    </main>
  );
}

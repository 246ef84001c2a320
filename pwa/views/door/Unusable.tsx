import { useApp } from '../app-context.ts';
import { BrandMark } from '../parts/BrandMark.tsx';
import { sayDoor } from '../strings/door.ts';

/** The browser lacks what the app can't do without: a secure address, or storage. */
export function Unusable() {
  const { session } = useApp().models;
  const noStorage = session.error.value === 'STORAGE_UNAVAILABLE';
  return (
    <main class="door">
      <div class="door-card glass unusable">
        <BrandMark />
        <h1>{noStorage ? sayDoor.unusable.storageTitle : sayDoor.unusable.insecureTitle}</h1>
        <p>{noStorage ? sayDoor.unusable.storage : sayDoor.unusable.insecure}</p>
      </div>
    </main>
  );
}

let asked = false;

/**
 * Asks the browser, once a visit, not to throw the local database away when space gets short. Asked after the first
 * message was written, when there is something to keep; some browsers ask the person in turn.
 */
export async function keepStorage(report: (error: unknown) => void): Promise<void> {
  if (asked || !('storage' in navigator)) return;
  asked = true;
  try {
    if (!(await navigator.storage.persisted())) await navigator.storage.persist();
  } catch (error) {
    report(error);
  }
}

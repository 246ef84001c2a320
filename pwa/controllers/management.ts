import { effect } from '@preact/signals';
import { type ErrorCode, Failure } from '#shared/errors.ts';
import type { ReportRequest } from '#shared/schema/account.ts';
import type { Models } from '../models/models.ts';
import { isConnected } from '../models/status.ts';
import type { Stop } from '../store/ports.ts';
import type { AccountApi } from '../transport/account-api.ts';
import type { Api } from '../transport/http.ts';
import type { Account } from './account.ts';
import type { Actions } from './actions.ts';
import { type Inside, type Room, mustBeInside } from './inside.ts';
import { pinIterations } from './kdf-pin.ts';
import { note } from './log.ts';
import { load } from './load.ts';
import { createNewCode } from './new-code.ts';
import type { Toasts } from './toasts.ts';
import { forgetCodeShown, isCodeUnconfirmed, markCodeShown } from './unconfirmed-code.ts';

/** What a person does with their own account. Everything that works is loaded when it is needed. */
export interface Management
  extends
    Room,
    Pick<
      Actions,
      | 'confirmRecoveryCode'
      | 'skipRecoveryCode'
      | 'newRecoveryCode'
      | 'changePassword'
      | 'deleteAccount'
      | 'rotateKeys'
      | 'loadDevices'
      | 'renameDevice'
      | 'endDevice'
      | 'endOtherDevices'
      | 'exportData'
      | 'openExport'
      | 'report'
    > {}

interface ManagementDeps {
  readonly models: Pick<Models, 'account' | 'people' | 'status'>;
  readonly api: Api;
  readonly account: () => Pick<Account, 'forget'>;
  readonly toasts: Toasts;
}

/** How long a browser may take to begin saving a file. */
const SAVING_MS = 60_000;
/** What keeps a report from being sent now, and not for good. */
const PASSING: ReadonlySet<ErrorCode> = new Set(['OFFLINE', 'UNAVAILABLE', 'INTERNAL', 'RATE_LIMITED']);

const isSame = (one: ReportRequest, other: ReportRequest) =>
  one.about === other.about && one.reason === other.reason && one.note === other.note;

export function createManagement({ models, api, account, toasts }: ManagementDeps): Management {
  const { account: model, people, status } = models;
  let inside: Inside | null = null;
  let stopSending: Stop = () => {};

  const scope = () => ({ inside: mustBeInside(inside), api });
  const own = () => load(import('./own-account.ts'));
  const calls = async () => (await load(import('../transport/account-api.ts'))).createAccountApi(api);

  /** An export holds what the server has too, as far as it can be fetched now. */
  async function fetchOlder(): Promise<void> {
    const now = mustBeInside(inside);
    const { fetchMissing } = await load(import('./fetch-older.ts'));
    const archive = await now.store.lookThrough();
    const goesOn = () => inside === now && isConnected(status.link.peek());
    try {
      model.lacking.value = await fetchMissing({ archive, seat: now.seat, goesOn }, (left) => {
        model.fetching.value = left;
      });
    } finally {
      model.fetching.value = null;
    }
  }

  /** Runs what a form asks for: busy meanwhile, and what fails is said beside it. Null when it failed. */
  async function attempt<T>(task: () => Promise<T>): Promise<T | null> {
    if (model.busy.value) return null;
    model.busy.value = true;
    model.error.value = null;
    try {
      return await task();
    } catch (error) {
      model.error.value = error instanceof Failure ? error.code : 'INTERNAL';
      if (!(error instanceof Failure)) toasts.report(error);
      return null;
    } finally {
      model.busy.value = false;
    }
  }

  const succeeds = async (task: () => Promise<unknown>): Promise<boolean> =>
    (await attempt(async () => {
      await task();
      return true;
    })) === true;

  function closeCode(): void {
    model.recoveryCode.value = null;
    model.recoveryUnsure.value = false;
  }

  // A reload, or the end of the app, while the code is on the screen leaves it unconfirmed.
  effect(() => {
    // At the door it is not known yet whether there will be an account.
    if (model.recoveryCode.value === null || inside === null) return;
    markCodeShown();
    model.recoveryUnconfirmed.value = true;
  });

  async function sendReport(now: Inside, request: ReportRequest): Promise<void> {
    await (await calls()).report(await now.tokens.current(), request);
  }

  /** Those that waited for a connection. One that the server refuses for good is dropped: nobody waits for it. */
  async function sendReports(now: Inside): Promise<void> {
    for (const request of await now.store.reports()) {
      if (inside !== now) return;
      try {
        await sendReport(now, request);
      } catch (error) {
        if (error instanceof Failure && PASSING.has(error.code)) return;
        note('a report was refused', error);
      }
      await now.store.changeReports((waiting) => waiting.filter((one) => !isSame(one, request)));
    }
  }

  async function readDevices(): Promise<void> {
    const now = mustBeInside(inside);
    const devices = await (await calls()).devices(await now.tokens.current());
    if (inside === now) model.devices.value = devices;
  }

  /** Changes something about the devices, and shows them as they are then. */
  const changeDevices = (task: (server: AccountApi, token: string) => Promise<void>) =>
    succeeds(async () => {
      await task(await calls(), await mustBeInside(inside).tokens.current());
      await readDevices();
    });

  return {
    enter(now) {
      inside = now;
      stopSending = effect(() => {
        if (status.link.value === 'live') sendReports(now).catch(toasts.report);
      });
      if (model.recoveryCode.value !== null) markCodeShown();
      model.recoveryUnconfirmed.value = isCodeUnconfirmed();
    },
    leave() {
      inside = null;
      stopSending();
      model.recoveryUnconfirmed.value = false;
      model.devices.value = null;
      model.recoveryCode.value = null;
      model.recoveryUnsure.value = false;
      model.error.value = null;
    },
    confirmRecoveryCode() {
      forgetCodeShown();
      model.recoveryUnconfirmed.value = false;
      closeCode();
    },
    skipRecoveryCode: closeCode,
    newRecoveryCode: (password) =>
      succeeds(async () => {
        await (await own()).newRecoveryCode(scope(), password, createNewCode(model));
        model.recoveryCreated.value = Date.now();
      }),
    changePassword: (current, next) =>
      succeeds(async () => pinIterations(await (await own()).changePassword(scope(), current, next))),
    deleteAccount: (password) =>
      succeeds(async () => {
        await (await own()).deleteAccount(scope(), password);
        await account().forget();
      }),
    rotateKeys: () => succeeds(async () => (await own()).rotateKeys(scope())),
    loadDevices() {
      readDevices().catch(toasts.report);
    },
    renameDevice: (id, name) => changeDevices((server, token) => server.renameDevice(token, id, name)),
    endDevice: (id) => changeDevices((server, token) => server.endDevice(token, id)),
    endOtherDevices: () => changeDevices((server, token) => server.endOtherDevices(token)),
    exportData: (passphrase) =>
      succeeds(async () => {
        const { makeExport } = await load(import('./export-data.ts'));
        const contacts = [...people.contactsById.value.values()];
        const { file, name, withKeys } = await makeExport(
          { ...scope(), contacts, fetchOlder, now: Date.now() },
          passphrase,
        );
        save(file, name);
        if (!withKeys) toasts.show('info', { what: 'without-keys' });
      }),
    openExport: (file, passphrase) =>
      attempt(async () => (await load(import('./export-data.ts'))).readExport(file, passphrase)),
    report: (request) =>
      attempt(async () => {
        const now = mustBeInside(inside);
        try {
          await sendReport(now, request);
          return 'sent';
        } catch (error) {
          if (!(error instanceof Failure) || !PASSING.has(error.code)) throw error;
          await now.store.changeReports((waiting) => [...waiting, request]);
          return 'queued';
        }
      }),
  };
}

/** Hands a file to the browser, which asks where to or puts it to the downloads. */
function save(file: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), SAVING_MS);
}

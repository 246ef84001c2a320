import { describe, expect, it } from 'vitest';
import { type ErrorCode, Failure } from '#shared/errors.ts';
import { createNewCode } from '#pwa/controllers/new-code.ts';
import { createAccountModel } from '#pwa/models/account.ts';

describe('a new recovery code', () => {
  function begin() {
    const model = createAccountModel();
    const shown = () => [model.recoveryCode.value, model.recoveryUnsure.value];
    const newCode = createNewCode(model);
    const failing = (code: string, why: ErrorCode) =>
      newCode(code, () => Promise.reject(new Failure(why))).catch((error: unknown) => error);
    return { newCode, shown, failing };
  }

  it('is there, and not sure, before the request that makes it valid is sent', async () => {
    const { newCode, shown } = begin();
    const during = await newCode('first', async () => shown());
    expect(during).toEqual(['first', true]);
    expect(shown()).toEqual(['first', false]);
  });

  it.each(['OFFLINE', 'UNAVAILABLE', 'INTERNAL'] as const)(
    'stays when the answer got lost: %s',
    async (why) => {
      const { shown, failing } = begin();
      expect(await failing('first', why)).toMatchObject({ code: why });
      expect(shown()).toEqual(['first', true]);
    },
  );

  it('goes when the server refused it, and the one before that may count is there again', async () => {
    const { shown, failing } = begin();
    await failing('first', 'USERNAME_TAKEN');
    expect(shown()).toEqual([null, false]);
    await failing('second', 'OFFLINE');
    await failing('third', 'USERNAME_TAKEN');
    expect(shown()).toEqual(['second', true]);
  });
});

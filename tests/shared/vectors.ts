import envelope from './vectors/envelope.json' with { type: 'json' };
import exported from './vectors/export.json' with { type: 'json' };
import identity from './vectors/identity.json' with { type: 'json' };
import keyring from './vectors/keyring.json' with { type: 'json' };
import padding from './vectors/padding.json' with { type: 'json' };
import password from './vectors/password.json' with { type: 'json' };
import payload from './vectors/payload.json' with { type: 'json' };
import recovery from './vectors/recovery.json' with { type: 'json' };
import safetyCode from './vectors/safety-code.json' with { type: 'json' };
import safetyNumber from './vectors/safety-number.json' with { type: 'json' };
import vault from './vectors/vault.json' with { type: 'json' };

/** Written once by tests/shared/independent/make-vectors.ts and make-later-vectors.ts, and frozen. Binary values are base64url. */
export const vectors = {
  envelope,
  exported,
  identity,
  keyring,
  padding,
  password,
  payload,
  recovery,
  safetyCode,
  safetyNumber,
  vault,
};
export type Vectors = typeof vectors;

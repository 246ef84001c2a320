import type { Context } from 'koa';

/**
 * The refresh token's cookie. `__Host-` binds it to this host, TLS and the whole site (RFC 6265bis, 4.1.3.2). Only
 * on plain http at localhost are prefix and flag dropped, because browsers differ there: Safari refuses them.
 */
const NAME = 'nexchat';

function isPlainLocalhost(ctx: Context): boolean {
  return !ctx.secure && ['localhost', '127.0.0.1', '[::1]'].includes(ctx.hostname);
}

export function readCookie(ctx: Context): string | undefined {
  return ctx.cookies.get(isPlainLocalhost(ctx) ? NAME : `__Host-${NAME}`);
}

/** `maxAge` in milliseconds; 0 removes it. */
export function writeCookie(ctx: Context, value: string, maxAge: number): void {
  const [name, secure] = isPlainLocalhost(ctx) ? [NAME, ''] : [`__Host-${NAME}`, '; Secure'];
  const seconds = Math.floor(maxAge / 1000);
  ctx.append(
    'Set-Cookie',
    `${name}=${value}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Strict${secure}`,
  );
}

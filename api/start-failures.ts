import { statfsSync } from 'node:fs';
import { userInfo } from 'node:os';
import { isAbsolute, join, relative, resolve } from 'node:path';
import { Failure } from '#shared/errors.ts';
import { EXIT, Refusal } from './refusal.ts';

/** With less than this a database can't begin to work, in bytes. */
const MIN_FREE = 65_536;

export interface Place {
  readonly host: string;
  readonly port: number;
  readonly dataDir: string;
  /** The file that a command was given. */
  readonly file?: string | undefined;
}

/**
 * What an operator can do about an error that stopped the server or a command: undefined when it is a fault of the
 * program, which needs its stack. Names no secret.
 */
export function explain(error: unknown, place: Place): Refusal | undefined {
  if (error instanceof Refusal) return error;
  if (!(error instanceof Error)) return undefined;
  const refusal = explainCode(error, place);
  if (refusal) return refusal;
  // A newer schema; see migrate.
  if (error instanceof Failure && error.detail?.startsWith('the database has schema')) {
    return new Refusal(
      EXIT.data,
      `In ${place.dataDir}, ${error.detail}. Install the version that wrote it, or restore a backup of this version.`,
      error,
    );
  }
  return error.cause === undefined ? undefined : explain(error.cause, place);
}

function explainCode(error: Error, { host, port, dataDir, file: named }: Place): Refusal | undefined {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const syscall = 'syscall' in error ? error.syscall : undefined;
  const refuse = (exit: Refusal['exit'], say: string) => new Refusal(exit, say, error);
  if (syscall === 'listen' || syscall === 'getaddrinfo') {
    switch (code) {
      case 'EADDRINUSE':
        return refuse(
          EXIT.unavailable,
          `Port ${port} is in use. Set NEXCHAT_PORT to another one, or stop what listens there.`,
        );
      case 'EACCES':
        return refuse(
          EXIT.permission,
          `This user may not listen on port ${port}. Set NEXCHAT_PORT to one above 1023 and put a proxy in front.`,
        );
      default:
        return refuse(
          EXIT.settings,
          `This machine can't listen on ${host} (${code}). Set NEXCHAT_HOST to one of its own addresses.`,
        );
    }
  }
  const path = pathOf(error, code) ?? named;
  if (path !== undefined && (path === named || isApart(path, dataDir))) {
    const explained = explainPath(code, path);
    if (explained) return refuse(...explained);
  }
  if (/^SQLITE_(CORRUPT|NOTADB)/.test(code)) {
    const file = join(dataDir, 'nexchat.sqlite');
    return refuse(
      EXIT.data,
      `The database ${file} is damaged. Restore your last backup with: nexchat restore FILE. What is there is kept beside it.`,
    );
  }
  if (/^(ENOSPC|EDQUOT|SQLITE_FULL)$/.test(code) || (code.startsWith('SQLITE_IOERR') && isFull(dataDir))) {
    return refuse(
      EXIT.disk,
      `The disk that holds ${dataDir} is full. Free some space and start again; what was acknowledged is there.`,
    );
  }
  if (/^(EACCES|EPERM|EROFS|SQLITE_(CANTOPEN|READONLY|PERM|AUTH).*)$/.test(code)) {
    const { username } = userInfo();
    return refuse(
      EXIT.permission,
      `The user ${username} can't read and write in ${dataDir} (${code}). Give the directory and its files to that user (chown -R ${username} ${dataDir}), or set NEXCHAT_DATA to another one.`,
    );
  }
  if (/^(ENOTDIR|EEXIST|EISDIR|ELOOP|ENAMETOOLONG|ENOENT)$/.test(code)) {
    return refuse(
      EXIT.settings,
      `NEXCHAT_DATA is ${dataDir}, which can't be a directory (${code}). Set it to one that exists or can be made.`,
    );
  }
  if (/^(EIO|SQLITE_IOERR.*)$/.test(code)) {
    return refuse(
      EXIT.disk,
      `The disk that holds ${dataDir} can't be read or written (${code}). Check it (dmesg) before you start again.`,
    );
  }
  if (/^SQLITE_(BUSY|LOCKED|PROTOCOL)/.test(code)) {
    return refuse(
      EXIT.busy,
      `Another process holds the database in ${dataDir}. Wait until it is done, and try again.`,
    );
  }
  return undefined;
}

/** For a file that was named, or that the program needs: not the data directory's trouble. */
function explainPath(code: string, path: string): [Refusal['exit'], string] | undefined {
  switch (code) {
    case 'ENOENT':
      return [EXIT.missing, `${path}, or the directory that it should be in, is not there.`];
    case 'EISDIR':
    case 'ENOTDIR':
    case 'ELOOP':
    case 'ENAMETOOLONG':
      return [EXIT.missing, `${path} can't be a file (${code}). Name another one.`];
    case 'EEXIST':
      return [EXIT.exists, `${path} exists already. Name a new file.`];
    case 'ENOSPC':
    case 'EDQUOT':
      return [
        EXIT.disk,
        `The disk that holds ${path} is full. Free some space, or name a file on another one.`,
      ];
    case 'EIO':
      return [EXIT.disk, `The disk that holds ${path} can't be read or written (${code}). Check it (dmesg).`];
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return [
        EXIT.permission,
        `The user ${userInfo().username} can't read or write ${path} (${code}). Give it to that user, or name another file.`,
      ];
    default:
      return undefined;
  }
}

/** The file that an error of the system names; of a copy, which has two, the one that was at fault. */
function pathOf(error: Error, code: string): string | undefined {
  if (/^(ENOSPC|EDQUOT|EROFS)$/.test(code) && 'dest' in error && typeof error.dest === 'string')
    return error.dest;
  return 'path' in error && typeof error.path === 'string' ? error.path : undefined;
}

/** Neither in the data directory nor above it, where making that directory fails. */
function isApart(path: string, dataDir: string): boolean {
  const within = (inner: string, outer: string): boolean => {
    const way = relative(resolve(outer), resolve(inner));
    return !isAbsolute(way) && way.split(/[/\\]/)[0] !== '..';
  };
  return !within(path, dataDir) && !within(dataDir, path);
}

/** SQLite does not always say why it could not write. */
function isFull(dir: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(dir);
    return bavail * bsize < MIN_FREE;
  } catch {
    return false;
  }
}

const GROUP = 4;

/** A recovery code in groups of four, however it was written. */
export function recoveryGroups(code: string): string[] {
  return code.replaceAll(/[^0-9A-Za-z]/g, '').match(new RegExp(`.{1,${GROUP}}`, 'g')) ?? [];
}

/** Whether somebody typed this group: in any case, and with the letters that look like digits read as those. */
export function isGroup(typed: string, group: string): boolean {
  return plain(typed) === plain(group);
}

/** Crockford's base32 reads O as 0, and I and L as 1. */
function plain(text: string): string {
  return text
    .toUpperCase()
    .replaceAll(/[^0-9A-Z]/g, '')
    .replaceAll('O', '0')
    .replaceAll(/[IL]/g, '1');
}

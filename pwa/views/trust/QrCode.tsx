import { useMemo } from 'preact/hooks';
import { encodeQR } from 'qr';

/** The light frame that cameras need around a code, in modules. */
const QUIET = 4;

/** A QR code. Always dark on light, whatever the theme: some cameras read no other. */
export function QrCode(props: { text: string; label: string }) {
  const { text, label } = props;
  const { path, size } = useMemo(() => draw(text), [text]);
  return (
    <svg viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label}>
      <path d={path} />
    </svg>
  );
}

/** One rectangle for each run of dark modules in a row. */
function draw(text: string): { path: string; size: number } {
  const rows = encodeQR(text, 'raw', { ecc: 'medium', border: QUIET });
  let path = '';
  for (const [y, row] of rows.entries()) {
    for (let x = 0; x < row.length; x++) {
      if (row[x] !== true) continue;
      const from = x;
      while (row[x + 1] === true) x++;
      const run = x + 1 - from;
      path += `M${from} ${y}h${run}v1h-${run}z`;
    }
  }
  return { path, size: rows.length };
}

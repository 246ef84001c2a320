/** Colours of the light behind a person, of their clothes and of their skin. */
type Palette = readonly [light: string, wall: string, clothes: string, skin: string];

export const EVENING: Palette = ['#f7b267', '#7b3f2a', '#2f5d62', '#c68642'];
export const MORNING: Palette = ['#fbe3c0', '#b9886a', '#7a3b52', '#e3b48c'];

/** Stands for a camera: somebody before a wall, in a size of one's own. */
export function fakePicture(palette: Palette, width: number, height: number): MediaStream {
  return filmed(width, height, (paint) => {
    const [light, wall, clothes, skin] = palette;
    const glow = paint.createRadialGradient(
      width * 0.25,
      height * 0.2,
      0,
      width * 0.25,
      height * 0.2,
      height,
    );
    glow.addColorStop(0, light);
    glow.addColorStop(1, wall);
    paint.fillStyle = glow;
    paint.fillRect(0, 0, width, height);
    const size = Math.min(width, height);
    oval(paint, clothes, width / 2, height + size * 0.12, size * 0.46, size * 0.52);
    oval(paint, skin, width / 2, height * 0.66, size * 0.1, size * 0.16);
    oval(paint, skin, width / 2, height * 0.46, size * 0.17, size * 0.22);
    oval(paint, '#2b1a12', width / 2, height * 0.46 - size * 0.14, size * 0.185, size * 0.12);
  });
}

/** Stands for a screen that is shared. */
export function fakeScreen(): MediaStream {
  return filmed(1280, 720, (paint) => {
    paint.fillStyle = '#f4f1ec';
    paint.fillRect(0, 0, 1280, 720);
    paint.fillStyle = '#33414f';
    paint.fillRect(0, 0, 1280, 56);
    for (let row = 0; row < 12; row++) {
      paint.fillStyle = row % 4 === 0 ? '#8a5a3c' : '#b9b2a8';
      paint.fillRect(120, 110 + row * 46, row % 4 === 0 ? 380 : 760 + ((row * 53) % 220), 16);
    }
  });
}

function filmed(width: number, height: number, draw: (paint: CanvasRenderingContext2D) => void): MediaStream {
  const canvas = document.createElement('canvas');
  Object.assign(canvas, { width, height });
  const paint = canvas.getContext('2d');
  if (paint === null) throw new Error('no canvas');
  const stream = canvas.captureStream(5);
  draw(paint);
  // A picture that never changes is never sent to who comes later.
  setInterval(() => draw(paint), 200);
  return stream;
}

function oval(
  paint: CanvasRenderingContext2D,
  colour: string,
  x: number,
  y: number,
  radiusX: number,
  radiusY: number,
): void {
  paint.fillStyle = colour;
  paint.beginPath();
  paint.ellipse(x, y, radiusX, radiusY, 0, 0, 2 * Math.PI);
  paint.fill();
}

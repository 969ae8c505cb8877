import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PNG } from 'pngjs'

type Point = readonly [x: number, y: number]
type Colour = readonly [red: number, green: number, blue: number]
/** Whether a point, in pixels of the icon, is inside. */
type Shape = (x: number, y: number) => boolean
type Layer = { fill: Colour; shape: Shape }

/** The icons of the app package as PNG files: in colour on a solid ground, and white on transparent. */
export function drawIcons(): { color: Buffer; outline: Buffer } {
  return {
    color: draw(192, [{ fill: navy, shape: () => true }, ...bridgeInColour]),
    outline: draw(
      32,
      bridgeInWhite.map((shape) => ({ fill: white, shape })),
    ),
  }
}

const white: Colour = [255, 255, 255]
const navy: Colour = [0x1d, 0x3a, 0x5f]
const stone: Colour = [0xf2, 0xf4, 0xf7]
const timber: Colour = [0xf2, 0xa6, 0x3b]
const iron: Colour = [0x9f, 0xb3, 0xc8]
const water: Colour = [0x4f, 0xa3, 0xd9]

/** Between 36 and 156 each way: Teams may cut away what is nearer to the edge. */
const bridgeInColour: readonly Layer[] = [
  { fill: iron, shape: mirrored(96, line([59, 62], [87, 76], 3)) },
  { fill: timber, shape: mirrored(96, line([62, 114], [90, 78], 9)) },
  { fill: timber, shape: mirrored(96, box(36, 110, 14, 9)) },
  { fill: stone, shape: mirrored(96, box(46, 58, 22, 76)) },
  {
    fill: stone,
    shape: mirrored(96, either(box(42, 48, 30, 12), box(42, 40, 6, 9), box(54, 40, 6, 9), box(66, 40, 6, 9))),
  },
  { fill: navy, shape: mirrored(96, either(box(54, 78, 6, 14), disc([57, 78], 3))) },
  { fill: water, shape: either(wave(36, 156, 134, 8), wave(36, 156, 149, 6)) },
]

const bridgeInWhite: readonly Shape[] = [
  mirrored(16, either(box(3, 6, 6, 18), box(2, 3, 2, 4), box(5, 3, 2, 4), box(8, 3, 2, 4), box(2, 5, 8, 2))),
  mirrored(16, line([9, 20], [14.2, 11.5], 2)),
  wave(1, 31, 27.5, 2),
]

/** Each pixel is the mean of 8 × 8 points, each in the colour of the last layer that holds it. */
function draw(size: number, layers: readonly Layer[]): Buffer {
  const png = new PNG({ width: size, height: size })
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const points = pointsIn(x, y).map((point) => colourAt(point, layers))
      png.data.set(mean(points), 4 * (y * size + x))
    }
  }
  return PNG.sync.write(png)
}

function pointsIn(x: number, y: number): readonly Point[] {
  return Array.from({ length: 64 }, (_, i): Point => [x + ((i % 8) + 0.5) / 8, y + (Math.floor(i / 8) + 0.5) / 8])
}

function colourAt([x, y]: Point, layers: readonly Layer[]): Colour | undefined {
  return layers.findLast(({ shape }) => shape(x, y))?.fill
}

/** Transparent points count for the alpha only; what holds no colour at all is transparent white. */
function mean(points: readonly (Colour | undefined)[]): readonly number[] {
  const inside = points.filter((colour) => colour !== undefined)
  if (inside.length === 0) return [...white, 0]
  const part = (of: 0 | 1 | 2): number =>
    Math.round(inside.reduce((sum, colour) => sum + colour[of], 0) / inside.length)
  return [part(0), part(1), part(2), Math.round((255 * inside.length) / points.length)]
}

function box(left: number, top: number, width: number, height: number): Shape {
  return (x, y) => x >= left && x < left + width && y >= top && y < top + height
}

function disc([centreX, centreY]: Point, radius: number): Shape {
  return (x, y) => Math.hypot(x - centreX, y - centreY) < radius
}

/** From one point to the other with flat ends. */
function line([fromX, fromY]: Point, [toX, toY]: Point, thick: number): Shape {
  const long = Math.hypot(toX - fromX, toY - fromY)
  const [alongX, alongY] = [(toX - fromX) / long, (toY - fromY) / long]
  return (x, y) => {
    const along = (x - fromX) * alongX + (y - fromY) * alongY
    const aside = (y - fromY) * alongX - (x - fromX) * alongY
    return along >= 0 && along < long && Math.abs(aside) < thick / 2
  }
}

/** A band of water with a crest at both ends. */
function wave(left: number, right: number, middle: number, thick: number): Shape {
  const rise = (x: number): number => (-thick / 2.5) * Math.cos(((x - left) / (right - left)) * 6 * Math.PI)
  return (x, y) => x >= left && x < right && Math.abs(y - middle - rise(x)) < thick / 2
}

function either(...shapes: readonly Shape[]): Shape {
  return (x, y) => shapes.some((shape) => shape(x, y))
}

/** The shape and its reflection at the upright line through `middle`. */
function mirrored(middle: number, shape: Shape): Shape {
  return (x, y) => shape(x, y) || shape(2 * middle - x, y)
}

if (import.meta.main) {
  const { color, outline } = drawIcons()
  writeFileSync(join(import.meta.dirname, 'color.png'), color)
  writeFileSync(join(import.meta.dirname, 'outline.png'), outline)
}

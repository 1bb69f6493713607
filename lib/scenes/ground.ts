/** The ground of a scene. */
import { hash32 } from "./random";
import { SCENE_SIZE, type Ground, type Picture } from "./scene";

/** An opaque picture of a ground, `SCENE_SIZE` pixels square. */
export function drawGround(ground: Ground): Picture {
  const data = new Uint8ClampedArray(SCENE_SIZE * SCENE_SIZE * 4);
  for (let y = 0; y < SCENE_SIZE; y++) {
    for (let x = 0; x < SCENE_SIZE; x++) {
      const i = (y * SCENE_SIZE + x) * 4;
      const [colour, shift] = groundAt(ground, x, y);
      data[i] = colour[0] + shift;
      data[i + 1] = colour[1] + shift;
      data[i + 2] = colour[2] + shift;
      data[i + 3] = 255;
    }
  }
  return { width: SCENE_SIZE, height: SCENE_SIZE, data };
}

/** The colour at a pixel, and what is added to each of its channels. */
function groundAt(ground: Ground, x: number, y: number) {
  switch (ground.kind) {
    case "plain":
      return [ground.colour, 0] as const;
    case "stripes": {
      const along = ground.direction === "across" ? y : ground.direction === "down" ? x : x + y;
      return [ground.colours[Math.floor(along / ground.width) % 2 === 0 ? 0 : 1], 0] as const;
    }
    case "noise": {
      const noise = hash32(ground.seed ^ Math.imul(y * SCENE_SIZE + x + 1, 0x9e3779b1)) / 4294967296 - 0.5;
      return [ground.colour, Math.round(noise * 2 * ground.amount)] as const;
    }
  }
}

/** Pixels of a sprite's side in the atlas, and of the drawing's longer side in it. */
export const SPRITE_SIZE = 96;
export const SPRITE_CONTENT = 92;

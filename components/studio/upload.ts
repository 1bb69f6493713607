/** A picture of the reader's own: chosen or dropped, decoded here, cut to a square, resized to the size of a scene. */
import { decodePicture, resize } from "../../lib/images";
import { SCENE_SIZE } from "../../lib/scenes";
import { crop, type Picture } from "../ui/paint";

const BILINEAR = 2; // what the classifier's own preprocessor asks for

/**
 * The middle square of the file's picture, SCENE_SIZE pixels wide, and what a reader should know about how it was read.
 * Throws lib/images' sentence for what is not a picture.
 */
export async function uploadedPicture(file: Blob): Promise<{ picture: Picture; note?: string }> {
  const picture = await decodePicture(file);
  const side = Math.min(picture.width, picture.height);
  const left = Math.floor((picture.width - side) / 2);
  const top = Math.floor((picture.height - side) / 2);
  const square = crop(picture, left, top, side, side);
  return { picture: resize(square, { width: SCENE_SIZE, height: SCENE_SIZE }, BILINEAR), note: picture.note };
}

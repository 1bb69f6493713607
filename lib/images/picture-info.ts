/** What `inspectPicture` finds in a file's header. */
export type PictureFormat = "png" | "jpeg" | "gif" | "webp" | "bmp" | "avif" | "heic" | "tiff" | "ico" | "svg";

export type PictureInfo = {
  format: PictureFormat;
  /** Pixels, as stored: before `orientation` is applied. null where this file does not look (AVIF, HEIC, TIFF, ICO, SVG). */
  width: number | null;
  height: number | null;
  animated: boolean;
  /** Numbers per pixel of a JPEG (1 grey, 3 colour, 4 CMYK), else null. */
  components: number | null;
  /** Exif orientation, 1..8: how a camera was held. 1 is upright; 5 to 8 swap width and height. */
  orientation: number;
  /** False when the file ends before its format says that it may. */
  complete: boolean;
};

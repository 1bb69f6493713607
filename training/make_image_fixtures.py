"""Small picture files of every kind a reader might drop on a page, and what Pillow makes of odd processor settings.

`python training/make_image_fixtures.py` writes tests/fixtures/images/. Pillow 13; the bytes of compressed formats may
change with its version, what tests read from them does not.
"""

import json
import struct
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.torch import save_file
from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil

FOLDER = Path(__file__).resolve().parent.parent / "tests" / "fixtures" / "images"


def quarters(width: int, height: int, mode: str = "RGB") -> Image.Image:
    """Four flat quarters, so that a decoder's colours and orientation can be checked with a wide tolerance.

    Red and green above, blue and white below.
    """
    image = Image.new("RGB", (width, height), "white")
    half = (width // 2, height // 2)
    image.paste("red", (0, 0, *half))
    image.paste("lime", (half[0], 0, width, half[1]))
    image.paste("blue", (0, half[1], half[0], height))
    return image.convert(mode)


def write_files() -> None:
    picture = quarters(24, 16)
    picture.save(FOLDER / "plain.png")
    picture.save(FOLDER / "plain.jpg", quality=90)
    picture.save(FOLDER / "progressive.jpg", quality=90, progressive=True)
    quarters(24, 16, "L").save(FOLDER / "grey.jpg", quality=90)
    quarters(24, 16, "CMYK").save(FOLDER / "cmyk.jpg", quality=90)
    picture.save(FOLDER / "plain.bmp")
    picture.save(FOLDER / "lossy.webp", quality=80)
    picture.save(FOLDER / "lossless.webp", lossless=True)
    picture.save(FOLDER / "plain.avif")
    picture.save(FOLDER / "plain.tiff")
    picture.quantize(8).save(FOLDER / "plain.gif")

    other = picture.transpose(Image.Transpose.ROTATE_180)
    animation = {"save_all": True, "append_images": [other], "duration": 100, "loop": 0}
    picture.quantize(8).save(FOLDER / "animated.gif", **(animation | {"append_images": [other.quantize(8)]}))
    picture.save(FOLDER / "animated.png", **animation)
    picture.save(FOLDER / "animated.webp", **animation, lossless=True)

    seen_through = picture.convert("RGBA")
    seen_through.paste((0, 0, 0, 0), (0, 0, 12, 8))  # where it was red
    seen_through.save(FOLDER / "transparent.png")
    seen_through.save(FOLDER / "transparent.webp", lossless=True)

    Image.new("RGB", (1, 1), (10, 200, 30)).save(FOLDER / "one-pixel.png")
    Image.new("RGB", (20_000, 2), "teal").save(FOLDER / "wide.png")

    for orientation in (3, 6, 8):
        exif = Image.Exif()
        exif[0x0112] = orientation
        picture.save(FOLDER / f"rotated-{orientation}.jpg", quality=90, exif=exif)
    exif = Image.Exif()
    exif[0x0112] = 6
    picture.save(FOLDER / "rotated-6.png", exif=exif)
    picture.save(FOLDER / "rotated-6.webp", exif=exif, lossless=True)

    whole = (FOLDER / "plain.png").read_bytes()
    (FOLDER / "cut.png").write_bytes(whole[: len(whole) - 30])
    whole = (FOLDER / "plain.jpg").read_bytes()
    (FOLDER / "cut.jpg").write_bytes(whole[: len(whole) - 60])
    (FOLDER / "text.png").write_text("This is not a picture.\n")
    (FOLDER / "empty.png").write_bytes(b"")
    svg = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><circle r="4" cx="4.5" cy="4.5"/></svg>'
    (FOLDER / "drawing.svg").write_text(f'<?xml version="1.0"?>\n<!-- a circle -->\n{svg}\n')
    # A header that promises 40,000 x 40,000 pixels and brings none.
    bomb = bytearray((FOLDER / "plain.png").read_bytes())
    bomb[16:24] = struct.pack(">II", 40_000, 40_000)
    (FOLDER / "huge.png").write_bytes(bytes(bomb))


SETTINGS = {
    "bicubic": {"size": {"height": 24, "width": 40}, "resample": 3},
    "bicubic-up": {"size": {"height": 70, "width": 90}, "resample": 3},
    "nearest": {"size": {"height": 24, "width": 40}, "resample": 0},
    "nearest-up": {"size": {"height": 61, "width": 83}, "resample": 0},
    "bilinear-one-axis": {"size": {"height": 37, "width": 20}, "resample": 2},
    "shortest-edge": {"size": {"shortest_edge": 20}, "resample": 2},
    "crop": {
        "size": {"shortest_edge": 25},
        "resample": 3,
        "do_center_crop": True,
        "crop_size": {"height": 20, "width": 23},
    },
    "crop-pads": {
        "size": {"shortest_edge": 11},
        "resample": 2,
        "do_center_crop": True,
        "crop_size": {"height": 20, "width": 12},
    },
    "no-resize": {"do_resize": False, "do_normalize": False},
    "no-rescale": {"do_resize": False, "do_rescale": False},
    "imagenet": {
        "size": {"height": 16, "width": 16},
        "image_mean": [0.485, 0.456, 0.406],
        "image_std": [0.229, 0.224, 0.225],
    },
}


def write_processor() -> None:
    """`<setting>` holds pixel_values [3, H, W] of `picture` [37, 50, 3]; settings.json holds the preprocessor_config."""
    pixels = np.random.default_rng(7).integers(0, 256, (37, 50, 3)).astype(np.uint8)
    pixels[:, :25] = pixels[:1, :25] // 2 + 60  # smoother on one side
    golden = {"picture": torch.from_numpy(pixels)}
    configs = {}
    for name, setting in SETTINGS.items():
        processor = ViTImageProcessorPil(**setting)
        golden[name] = processor(images=Image.fromarray(pixels), return_tensors="pt")["pixel_values"][0].contiguous()
        configs[name] = json.loads(processor.to_json_string())
    save_file(golden, FOLDER / "processor.safetensors", metadata={"command": "python training/make_image_fixtures.py"})
    (FOLDER / "settings.json").write_text(json.dumps(configs, indent=2) + "\n")


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    write_files()
    write_processor()

"""Makes the pictures in traits/ and traits.json: what Pillow says of them and of those in decoders/ (made with 13.0.0).

    pip install pillow && python3 make_traits.py

traits.json  of each picture: an EXIF orientation that turns or mirrors, transparency, a colour profile, four inks; and of a
             PNG whether a sample has 16 bits, by its header
"""

import io
import json
import pathlib

from PIL import Image, ImageCms

HERE = pathlib.Path(__file__).parent
(HERE / "traits").mkdir(exist_ok=True)


def save(name, image, **options):
    image.save(HERE / "traits" / name, **options)


picture = Image.new("RGB", (4, 2), (200, 30, 60))
profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
for suffix, options in [("jpg", {}), ("png", {}), ("webp", {"lossless": True})]:
    for orientation in [1, 3, 6]:
        exif = Image.Exif()
        exif[0x010E] = "a description that is longer than four bytes"
        exif[0x0112] = orientation
        save(f"orientation_{orientation}.{suffix}", picture, exif=exif, **options)
    save(f"profile.{suffix}", picture, icc_profile=profile, **options)
save("rgba.png", picture.convert("RGBA"))
save("rgba_lossy.webp", Image.new("RGBA", (4, 2), (1, 2, 3, 4)))
exif = Image.Exif()
exif[0x0112] = 8
save("everything.webp", Image.new("RGBA", (4, 2), (1, 2, 3, 4)), exif=exif, icc_profile=profile, lossless=True)

traits = {}
for folder in ["decoders", "traits"]:
    for path in sorted((HERE / folder).iterdir()):
        if path.suffix == ".rgb":
            continue
        data = path.read_bytes()
        image = Image.open(io.BytesIO(data))
        found = []
        if image.has_transparency_data or "transparency" in image.info:
            found.append("alpha")
        if 2 <= image.getexif().get(0x0112, 1) <= 8:
            found.append("orientation")
        if image.info.get("icc_profile"):
            found.append("profile")
        if image.mode == "CMYK":
            found.append("four inks")
        if path.suffix == ".png" and data[24] == 16:
            found.append("sixteen bits")
        traits[f"{folder}/{path.name}"] = found
(HERE / "traits.json").write_text(json.dumps(traits, indent=1, sort_keys=True) + "\n")

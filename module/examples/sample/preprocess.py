import numpy as np
from PIL import Image


def image_preprocess(image_path, norm=True):
    image = np.asarray(Image.open(image_path).convert("RGB").resize((64, 64), Image.BILINEAR))
    if norm:
        image = (image.astype(np.float32) - (118, 114, 110)) / (58, 57, 59)
        return np.expand_dims(image.astype(np.float32), 0)
    return np.expand_dims(image, 0)
